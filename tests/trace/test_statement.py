"""What is recorded of a statement."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
import weakref
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, bindparam, create_engine, exc, insert, select, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import Session
from tree import Branch, Driver

from greenshift import trace
from greenshift.trace.statement import ParameterShape, raw_shape

SECRET = "s3cret-value"


def one(driver: Driver, statement: Any, parameters: Any = None, **options: Any) -> trace.Statement:
    def step(connection: Connection) -> trace.Statement:
        with trace.record(**options) as recording:
            connection.execute(statement, parameters)
        connection.rollback()
        (found,) = recording.statements
        return found

    return driver.connected(step)[0]


def test_rows_and_duration(driver: Driver) -> None:
    before = time.perf_counter()
    found = one(driver, text("SELECT id FROM trace_leaf WHERE branch_id = 100"))
    assert found.sql == "SELECT id FROM trace_leaf WHERE branch_id = 100"
    assert found.rows == (2 if driver.is_postgres else None)
    assert before < found.started < time.perf_counter()
    assert 0 < found.duration < 60
    assert found.finished
    assert found.error is None
    assert not found.executemany


def test_rows_of_an_update(driver: Driver) -> None:
    assert one(driver, text("UPDATE trace_leaf SET branch_id = branch_id WHERE branch_id = 100")).rows == 2


def test_duration_is_the_time_the_server_took(postgres: Driver) -> None:
    assert 0.05 <= one(postgres, text("SELECT pg_sleep(0.05)")).duration < 5


def test_parameters_are_shown_by_shape_only(driver: Driver) -> None:
    statement = select(Branch.id).where(Branch.name == SECRET, Branch.id == 7)
    found = one(driver, statement)
    assert found.parameters is None
    assert found.parameter_shape.types == (str, int)
    assert found.parameter_shape.width == 2
    assert found.parameter_shape.sets == 1
    assert str(found.parameter_shape) in ("(str, int)", "(name_1: str, id_1: int)")
    fields = [getattr(found, name) for name in dir(found) if not name.startswith("__")]
    assert SECRET not in repr(fields)


def test_parameters_reach_only_those_who_asked(driver: Driver) -> None:
    seen: dict[str, Any] = {}

    def step(connection: Connection) -> None:
        with (
            trace.subscribe(lambda statement: seen.update(plain=statement)),
            trace.subscribe(lambda statement: seen.update(full=statement), parameters=True),
        ):
            connection.execute(select(Branch.id).where(Branch.name == SECRET))

    driver.connected(step)
    assert seen["plain"].parameters is None
    assert SECRET in repr(seen["full"].parameters)
    assert seen["full"].sql == seen["plain"].sql
    assert seen["full"].connection.last_statement.parameters is None


def test_executemany(driver: Driver) -> None:
    found = one(driver, text("UPDATE trace_leaf SET branch_id = 100 WHERE id = :id"), [{"id": 100}, {"id": 101}])
    assert found.executemany
    assert found.parameter_shape.sets == 2
    assert found.parameter_shape.types == (int,)


def test_a_statement_that_fails(driver: Driver) -> None:
    def step(connection: Connection) -> list[trace.Statement]:
        with trace.record() as recording:
            with pytest.raises(exc.DBAPIError):
                connection.execute(text("SELECT nothing_of_that_name"))
            connection.rollback()
            connection.execute(text("SELECT 1"))
        return recording.statements

    failed, after = driver.connected(step)[0]
    assert "nothing_of_that_name" in str(failed.error)
    assert failed.finished
    assert failed.duration > 0
    assert failed.rows is None
    assert after.error is None


def test_a_statement_that_is_cancelled(urls: dict[str, Any]) -> None:
    async def main() -> list[trace.Statement]:
        engine = create_async_engine(urls["asyncpg"])
        with trace.record() as recording:
            async with engine.connect() as connection:
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(connection.execute(text("SELECT pg_sleep(30)")), 0.1)
        await engine.dispose()
        return recording.statements

    (found,) = asyncio.run(main())
    assert isinstance(found.error, asyncio.CancelledError)
    assert 0.05 < found.duration < 20


def test_key_is_the_same_however_long_the_list(driver: Driver) -> None:
    def recorded(session: Session) -> list[trace.Statement]:
        with trace.record() as recording:
            for keys in ([1], [1, 2, 3], [], list(range(20))):
                session.execute(select(Branch.id).where(Branch.id.in_(keys), Branch.name == "x")).all()
            session.execute(select(Branch.name).where(Branch.id.in_([1]))).all()
        return recording.statements

    statements = driver.in_session(recorded)
    assert len({statement.sql for statement in statements}) == 5
    assert len({statement.key for statement in statements}) == 2
    assert statements[0].key == statements[3].key


def test_key_of_batches_is_the_same(driver: Driver) -> None:
    def recorded(session: Session) -> list[trace.Statement]:
        with trace.record() as recording:
            for count in (2, 5, 9):
                session.add_all([Branch(name=str(number)) for number in range(count)])
                session.flush()
        session.rollback()
        return recording.statements

    assert len({statement.key for statement in driver.in_session(recorded)}) == 1


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("SELECT 1 FROM t WHERE a IN (%s) AND b = %s", "SELECT 1 FROM t WHERE a IN (%s, %s,%s) AND b = %s"),
        ("SELECT 1 FROM t WHERE a IN ($1) AND b = $2", "SELECT 1 FROM t WHERE a IN ($1, $2, $3) AND b = $4"),
        ("... IN (%(a_1)s::INTEGER)", "... IN (%(a_1)s::INTEGER, %(a_2)s::INTEGER)"),
        ("INSERT INTO t VALUES (?, ?)", "INSERT INTO t VALUES (?, ?), (?, ?), (?, ?)"),
    ],
)
def test_key_of_hand_written_sql(short: str, long: str) -> None:
    keys = []
    for sql in (short, long):
        statement = trace.Statement()
        statement.sql, statement._template = sql, None
        keys.append(statement.key)
    assert keys[0] == keys[1]


def test_keys_of_different_statements_differ() -> None:
    keys = set()
    for sql in ("SELECT a FROM t WHERE b = $1", "SELECT a FROM t WHERE c = $1", "SELECT f($1) FROM t"):
        statement = trace.Statement()
        statement.sql, statement._template = sql, None
        keys.add(statement.key)
    assert len(keys) == 3


def test_groups(engine: Engine) -> None:
    with Session(engine) as session, trace.record() as recording:
        for key in (1, 2, 3):
            session.execute(select(Branch.id).where(Branch.id == key)).all()
        session.execute(text("SELECT 1"))
    assert [len(group) for group in recording.groups().values()] == [3, 1]


def test_engine_url_hides_the_password(urls: dict[str, Any]) -> None:
    engine = create_engine(urls["psycopg"].set(password=SECRET))
    with engine.connect() as connection, trace.record() as recording:
        connection.execute(text("SELECT 1"))
    engine.dispose()
    (found,) = recording.statements
    assert found.engine_url is not None
    assert SECRET not in found.engine_url
    assert "***" in found.engine_url


def test_task_loop_and_thread_are_those_of_the_statement(driver: Driver) -> None:
    found = one(driver, text("SELECT 1"))
    assert found.thread == threading.current_thread().name
    assert found.thread_id == threading.get_ident()
    assert found.is_async == driver.is_async
    assert (found.task_name is not None) == driver.is_async


def test_tasks_are_told_apart_and_not_kept_alive(urls: dict[str, Any]) -> None:
    async def query(engine: Any) -> None:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def main() -> list[trace.Statement]:
        engine = create_async_engine(urls["asyncpg"])
        with trace.record() as recording:
            tasks = [asyncio.create_task(query(engine), name=name) for name in ("left", "right")]
            await asyncio.gather(*tasks)
            assert {statement.task for statement in recording.statements} == set(tasks)
            assert {statement.loop for statement in recording.statements} == {asyncio.get_running_loop()}
        await engine.dispose()
        return recording.statements

    statements = asyncio.run(main())
    gc.collect()
    assert {statement.task_name for statement in statements} == {"left", "right"}
    assert {statement.task for statement in statements} == {None}
    assert {statement.loop for statement in statements} == {None}


def test_sync_engine_in_a_running_loop_shows_the_loop(engine: Engine) -> None:
    async def main() -> tuple[bool, Any]:
        with engine.connect() as connection, trace.record() as recording:
            connection.execute(text("SELECT 1"))
        return recording.statements[0].loop is asyncio.get_running_loop(), recording.statements[0]

    same, found = asyncio.run(main())
    assert same
    assert not found.is_async


def test_threads_are_told_apart(engine: Engine) -> None:
    def query() -> None:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    with trace.record() as recording:
        threads = [threading.Thread(target=query, name=f"worker {number}") for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(statement.thread for statement in recording.statements) == [f"worker {n}" for n in range(4)]


def test_server_side_cursor(engine: Engine) -> None:
    with engine.connect() as connection, trace.record() as recording:
        rows = connection.execution_options(stream_results=True).execute(select(Branch.id)).all()
    assert len(rows) >= 1
    assert len(recording.statements) == 1


def test_engine_copied_by_execution_options_reports_once(driver: Driver) -> None:
    engine = driver.engine()
    copy = engine.execution_options(logging_token="copy")

    def step(connection: Connection) -> int:
        with trace.record() as recording:
            connection.execute(text("SELECT 1"))
        return len(recording.statements)

    assert driver.connected(step, engine=copy) == [1]


def test_statement_does_not_keep_results_or_instances_alive(engine: Engine) -> None:
    with trace.record() as recording, Session(engine) as session:
        branch = session.scalars(select(Branch).where(Branch.id == 100)).one()
        reference = weakref.ref(branch)
        assert branch.leaves
        session.expunge_all()
        del branch
    gc.collect()
    assert len(recording.statements) == 2
    assert reference() is None


def test_long_batches_are_described_by_their_first_values() -> None:
    shape = ParameterShape(*raw_shape({f"p{number}": number for number in range(100)}, False))
    assert shape.width == 100
    assert len(shape.types) == len(shape.names or ()) == 64
    assert str(shape).endswith(", ...)")
    shape = ParameterShape(*raw_shape(tuple(range(100)), False))
    assert (shape.width, len(shape.types), shape.names) == (100, 64, None)


def test_expanding_parameter_in_text(driver: Driver) -> None:
    statement = text("SELECT id FROM trace_leaf WHERE id IN :keys").bindparams(bindparam("keys", expanding=True))
    first = one(driver, statement, {"keys": [1]})
    second = one(driver, statement, {"keys": [1, 2, 3]})
    assert first.sql != second.sql
    assert first.key == second.key
    assert str(first.origin) == "text"


def test_insert_reports_the_batches_of_one_statement(postgres: Driver) -> None:
    def recorded(session: Session) -> list[trace.Statement]:
        with trace.record() as recording:
            rows = [{"name": str(number), "story": ""} for number in range(2500)]
            session.scalars(insert(Branch).returning(Branch.id), rows).all()
        session.rollback()
        return recording.statements

    statements = postgres.in_session(recorded)
    assert len(statements) == 3
    assert sum(statement.rows or 0 for statement in statements) == 2500
    assert len({statement.key for statement in statements}) == 1
    assert {str(statement.origin) for statement in statements} == {"insert of Branch"}
