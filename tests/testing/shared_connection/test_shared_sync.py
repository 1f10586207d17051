from __future__ import annotations

import asyncio
import json
import threading

import psycopg
import pytest
from shared_library import Author, Book
from sqlalchemy import event, func, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, InternalError, ProgrammingError
from sqlalchemy.orm import Session

from greenshift.errors import GreenshiftError
from greenshift.postgres import DatabaseError
from greenshift.testing.shared_connection import SharedConnection, SharedTransactionError

COUNT = select(func.count()).select_from(Author)


def names(session_or_connection) -> list[str]:
    return list(session_or_connection.execute(select(Author.name).order_by(Author.name)).scalars())


def test_what_is_committed_stays_for_others_and_never_reaches_the_database(engine, shared, outside):
    with Session(engine) as session:
        session.add(Author(name="Ada", books=[Book(title="Notes", details={"pages": 3})]))
        session.commit()
    with Session(engine) as session:
        author = session.scalars(select(Author)).one()
        assert [(book.title, book.details) for book in author.books] == [("Notes", {"pages": 3})]
    assert outside("SELECT count(*) FROM author") == [(0,)]

    report = shared.rollback()

    assert (report.problems, report.committed) == ((), False)
    with Session(engine) as session:
        assert session.scalar(COUNT) == 0


def test_a_session_rolls_back_only_what_it_did_not_commit(engine):
    with Session(engine) as session:
        session.add(Author(name="kept"))
        session.commit()
        session.add(Author(name="undone"))
        session.flush()
        session.rollback()
        assert names(session) == ["kept"]
        session.add(Author(name="left open"))
        session.flush()
    with engine.connect() as connection:
        assert names(connection) == ["kept"]


def test_after_an_error_the_session_goes_on_once_rolled_back(engine):
    with Session(engine) as session:
        session.add(Author(name="Ada"))
        session.commit()
        session.add(Author(name="Ada"))
        with pytest.raises(IntegrityError) as caught:
            session.commit()
        assert isinstance(caught.value.orig, psycopg.errors.UniqueViolation)
        session.rollback()
        session.add(Author(name="Grace"))
        session.commit()
        assert names(session) == ["Ada", "Grace"]


def test_a_failed_transaction_refuses_statements_as_postgresql_does(engine):
    with engine.connect() as connection, engine.connect() as other:
        connection.execute(insert(Author), {"name": "lost"})
        with pytest.raises(ProgrammingError):
            connection.execute(text("SELECT * FROM nowhere"))
        with pytest.raises(InternalError, match="current transaction is aborted"):
            connection.execute(text("SELECT 1"))
        other.execute(insert(Author), {"name": "other"})
        other.commit()
        connection.commit()
        assert names(connection) == ["other"]


def test_nested_transactions(engine):
    with Session(engine) as session:
        session.add(Author(name="outer"))
        with session.begin_nested():
            session.add(Author(name="released"))
        with pytest.raises(IntegrityError), session.begin_nested():
            session.add(Author(name="outer"))
            session.flush()
        nested = session.begin_nested()
        session.add(Author(name="undone"))
        session.flush()
        with session.begin_nested():
            session.add(Author(name="undone as well"))
        nested.rollback()
        session.commit()
    with engine.connect() as connection:
        assert names(connection) == ["outer", "released"]


def test_savepoints_of_the_same_name_in_two_sessions_don_t_meet(engine):
    with engine.connect() as first, engine.connect() as second:
        for connection in (first, second):
            connection.execute(text("SAVEPOINT mine"))
            connection.execute(text("SELECT 1"))
        second.execute(insert(Author), {"name": "second"})
        second.execute(text('ROLLBACK TO SAVEPOINT "mine"'))
        second.execute(insert(Author), {"name": "second again"})
        second.execute(text("RELEASE mine"))
        second.commit()
        first.execute(insert(Author), {"name": "first"})
        first.execute(text("ROLLBACK TO mine"))
        first.commit()
        assert names(first) == ["second again"]


def test_a_savepoint_that_does_not_exist_fails_the_transaction(engine):
    with engine.connect() as connection:
        with pytest.raises(DBAPIError, match='savepoint "none" does not exist'):
            connection.execute(text("ROLLBACK TO none"))
        connection.rollback()
        assert connection.scalar(text("SELECT 1")) == 1


def test_a_reader_does_not_stand_in_the_way_of_writers(engine):
    with Session(engine) as reader, Session(engine) as writer:
        assert reader.scalar(COUNT) == 0
        writer.add(Author(name="Ada"))
        writer.commit()
        assert reader.scalar(COUNT) == 1
        with pytest.raises(ProgrammingError):
            reader.execute(text("SELECT * FROM nowhere"))
        reader.rollback()
        assert names(reader) == ["Ada"]
        reader.add(Author(name="Grace"))
        reader.flush()
        reader.rollback()
        assert names(reader) == ["Ada"]


def test_a_rollback_that_would_take_anothers_rows_is_refused(engine, shared):
    with Session(engine) as first, Session(engine) as second:
        first.add(Author(name="first"))
        first.flush()
        second.add(Author(name="second"))
        second.commit()
        with pytest.raises(SharedTransactionError) as caught:
            first.rollback()
        assert isinstance(caught.value, DatabaseError)
        assert 'isolation="rewind"' in caught.value.fix
        assert names(second) == ["first", "second"]
    report = shared.rollback()
    assert report.problems == (caught.value.problem,)
    assert shared.rollback().problems == ()


def test_a_rollback_stays_possible_once_the_others_rows_are_gone(engine, shared):
    with Session(engine) as first, Session(engine) as second:
        first.add(Author(name="first"))
        first.flush()
        second.add(Author(name="second"))
        second.flush()
        second.rollback()
        first.rollback()
        assert names(first) == []
    assert shared.rollback().problems == ()


def test_a_select_of_a_writing_function_counts_as_a_write(engine):
    with engine.connect() as first, engine.connect() as second:
        first.execute(insert(Author), {"name": "first"})
        second.execute(text("SELECT add_author('second')"))
        second.commit()
        with pytest.raises(SharedTransactionError):
            first.rollback()


def test_a_violated_deferred_constraint_shows_at_commit(engine):
    with Session(engine) as session:
        session.add(Book(title="Orphan", author_id=4711))
        session.flush()
        with pytest.raises(IntegrityError, match="book_author_id_fkey"):
            session.commit()
        session.rollback()
        # Deferred again: the parent may come second.
        session.execute(insert(Book), {"title": "Notes", "author_id": 1})
        session.execute(insert(Author), {"id": 1, "name": "Ada"})
        session.commit()
        session.execute(insert(Book), {"title": "More notes", "author_id": 2})
        session.execute(insert(Author), {"id": 2, "name": "Grace"})
        session.commit()
        assert session.scalar(select(func.count()).select_from(Book)) == 2


def test_a_deferrable_constraint_made_in_the_test_is_seen(engine, shared):
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE one (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)"))
    with engine.connect() as connection:
        connection.execute(text("INSERT INTO one VALUES (1), (1)"))
        with pytest.raises(IntegrityError):
            connection.commit()
    shared.rollback()
    with engine.connect() as connection, pytest.raises(ProgrammingError):
        connection.execute(text("SELECT * FROM one"))


def test_autocommit(engine):
    connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    with connection:
        connection.execute(insert(Author), {"name": "Ada"})
        with pytest.raises(IntegrityError):
            connection.execute(insert(Author), {"name": "Ada"})
        assert connection.scalar(COUNT) == 1
        connection.rollback()
    with engine.connect() as again:
        assert names(again) == ["Ada"]
        again.execute(insert(Author), {"name": "not committed"})
        again.rollback()
        assert names(again) == ["Ada"]


@pytest.mark.parametrize("level", ["SERIALIZABLE", "REPEATABLE READ", "READ COMMITTED"])
def test_isolation_levels_are_accepted(engine, level):
    with engine.connect().execution_options(isolation_level=level) as connection:
        connection.execute(insert(Author), {"name": level})
        connection.commit()
        assert names(connection) == [level]


def test_many_rows_at_once(engine):
    with Session(engine) as session:
        authors = [Author(name=f"author {number:04}") for number in range(1500)]
        session.add_all(authors)
        session.flush()
        assert len({author.id for author in authors}) == 1500
        rows = session.execute(insert(Book).returning(Book.id, Book.title), [{"title": "a"}, {"title": "b"}]).all()
        assert [row.title for row in rows] == ["a", "b"]
        session.connection().exec_driver_sql("INSERT INTO book (title) VALUES (%s)", [("many one",), ("many two",)])
        session.commit()
        assert session.scalar(select(func.count()).select_from(Book)) == 4


def test_rows_streamed_from_a_cursor_on_the_server(engine):
    with engine.begin() as connection:
        connection.execute(insert(Author), [{"name": f"{number:03}"} for number in range(250)])
    with engine.connect() as connection:
        streamed = connection.execute(
            select(Author.name).order_by(Author.name),
            execution_options={"stream_results": True, "max_row_buffer": 20},
        )
        first = streamed.fetchmany(30)
        with engine.begin() as other:
            other.execute(insert(Author), {"name": "late"})
        rest = streamed.fetchall()
        assert [row.name for row in [*first, *rest]] == [f"{number:03}" for number in range(250)]
        assert connection.scalar(COUNT) == 251
        assert connection.execute(text("SELECT name FROM pg_cursors")).all() == []


@pytest.mark.parametrize("statement", ["COMMIT", "  rollback", "/* x */ BEGIN", "start transaction", "END;"])
def test_transactions_typed_by_hand_are_refused(engine, shared, statement):
    with engine.connect() as connection:
        connection.execute(insert(Author), {"name": "Ada"})
        with pytest.raises(SharedTransactionError) as caught:
            connection.execute(text(statement))
        assert statement.strip() in caught.value.problem
        assert "commit()" in caught.value.fix
        assert names(connection) == ["Ada"], "the transaction goes on"
    assert shared.rollback().committed is False


def test_a_commit_hidden_in_a_script_is_noticed(engine, shared, outside):
    with engine.connect() as connection, pytest.raises(SharedTransactionError, match="ended the transaction"):
        connection.exec_driver_sql("CREATE TABLE hidden (id int); COMMIT")
    report = shared.rollback()
    assert report.committed
    assert len(report.problems) == 1
    assert outside("SELECT count(*) FROM hidden") == [(0,)]
    with psycopg.connect(
        engine.url.set(drivername="postgresql").render_as_string(False), autocommit=True
    ) as connection:
        connection.execute("DROP TABLE hidden")


def test_two_phase_and_read_only_are_refused(engine):
    # SQLAlchemy 2.0.30 sends PREPARE TRANSACTION as SQL, later versions call the driver.
    with engine.connect() as connection, pytest.raises(SharedTransactionError, match=r"two-phase|PREPARE"):
        connection.begin_twophase().prepare()
    with pytest.raises(SharedTransactionError, match="read-only"):
        engine.connect().execution_options(postgresql_readonly=True)


def test_threads_share_what_is_committed(engine):
    def add(number: int) -> None:
        with Session(engine) as session:
            session.add(Author(name=f"thread {number}"))
            session.commit()

    threads = [threading.Thread(target=add, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with engine.connect() as connection:
        assert connection.scalar(COUNT) == 8


def test_a_sync_engine_works_while_a_loop_is_running(engine):
    async def work() -> int | None:
        with Session(engine) as session:
            session.add(Author(name="Ada"))
            session.commit()
            return session.scalar(COUNT)

    assert asyncio.run(work()) == 1


def test_connections_of_an_ended_test_are_refused(engine, shared):
    session = Session(engine)
    session.add(Author(name="open"))
    session.flush()
    shared.rollback()
    with pytest.raises((InterfaceError, psycopg.InterfaceError), match="a test that has ended"):
        session.execute(text("SELECT 1"))
    session.close()
    with Session(engine) as fresh:
        assert fresh.scalar(COUNT) == 0


def test_a_rollback_does_not_wait_for_a_running_statement(engine, shared):
    failures: list[BaseException] = []

    def sleep() -> None:
        try:
            with engine.connect() as connection:
                started.set()
                connection.execute(text("SELECT pg_sleep(30)"))
        except Exception as error:
            failures.append(error)

    started = threading.Event()
    thread = threading.Thread(target=sleep)
    thread.start()
    started.wait()
    for _ in range(200):
        if shared.rollback().seconds > 0.5:
            pytest.fail("the rollback waited")
        thread.join(0.01)
        if not thread.is_alive():
            break
    thread.join(5)
    assert len(failures) == 1


def test_a_lost_connection_is_replaced_at_the_next_rollback(engine, shared, outside):
    with engine.connect() as connection:
        pid = connection.connection.dbapi_connection.info.backend_pid
    outside(f"SELECT pg_terminate_backend({pid}, 5000)")
    with pytest.raises(Exception, match=r"terminat|closed"), engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    shared.rollback()
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT 1")) == 1


def test_an_unreachable_database_is_one_line_with_a_fix(tmp_path):
    with pytest.raises(GreenshiftError) as caught:
        SharedConnection(f"postgresql://nobody@/none?host={tmp_path}&port=1")
    assert isinstance(caught.value, DatabaseError)
    assert "\n" not in caught.value.problem
    assert caught.value.__cause__ is not None


def test_an_engines_own_json_functions_are_used(shared):
    plain = shared.engine()
    own = shared.engine(
        json_serializer=lambda value: json.dumps({"wrapped": value}), json_deserializer=lambda text: ("read", text)
    )
    with own.begin() as connection:
        connection.execute(insert(Book), {"title": "a", "details": 1})
        ((details,),) = connection.execute(select(Book.details)).all()
        assert details[0] == "read"
    with plain.connect() as connection:
        assert connection.scalar(select(Book.details)) == {"wrapped": 1}


def test_pool_options_are_left_out_and_others_kept(shared):
    engine = shared.engine(pool_size=5, max_overflow=1, pool_pre_ping=True, echo=False, hide_parameters=True)
    assert engine.hide_parameters
    assert engine.dialect.name == "postgresql"
    assert engine.dialect.driver == "psycopg"


def test_events_and_pool_hooks_see_the_statements(engine):
    seen = []
    event.listen(engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    with engine.connect() as connection:
        connection.execute(text("SELECT 42"))
    assert "SELECT 42" in seen


def test_a_notice_reaches_a_handler_once_and_not_after_close(engine):
    seen = []
    raw = engine.raw_connection()
    raw.dbapi_connection.add_notice_handler(lambda notice: seen.append(notice.message_primary))
    raw.cursor().execute("DO $$ BEGIN RAISE NOTICE 'hello'; END $$")
    raw.close()
    with engine.connect() as connection:
        connection.execute(text("DO $$ BEGIN RAISE NOTICE 'again'; END $$"))
    assert seen == ["hello"]


def test_a_parameter_that_cannot_be_sent_leaves_the_transaction_usable(engine):
    with engine.connect() as connection:
        connection.execute(insert(Author), {"name": "Ada"})
        with pytest.raises(ProgrammingError):
            connection.exec_driver_sql("SELECT %s", (object(),))
        connection.commit()
        assert names(connection) == ["Ada"]


def test_ending_one_connection_by_force_leaves_the_others(engine, shared):
    with engine.connect() as connection, engine.connect() as other:
        connection.execute(insert(Author), {"name": "lost"})
        other.execute(text("SELECT 1"))
        connection.connection.dbapi_connection.terminate()
        assert names(other) == []
    assert shared.rollback().problems == ()


def test_a_failed_tests_rows_can_be_kept_for_real_without_those_rolled_back(engine, shared, outside):
    leaked = engine.connect()
    try:
        with Session(engine) as session:
            session.add(Author(name="kept"))
            session.commit()
            session.add(Author(name="undone"))
            session.flush()
            session.rollback()
        leaked.execute(text("SELECT 1"))
        shared.persist()
        with pytest.raises((InterfaceError, psycopg.InterfaceError), match="a test that has ended"):
            leaked.execute(text("SELECT 1"))
    finally:
        kept = outside("DELETE FROM author RETURNING name")
        leaked.close()
    assert kept == [("kept",)]
    shared.rollback()
    with Session(engine) as session:
        assert session.scalar(COUNT) == 0


def test_closing_twice_and_using_afterwards(shared_url):
    shared = SharedConnection(shared_url)
    engine = shared.engine()
    leaked = engine.connect()
    leaked.execute(text("SELECT 1"))
    shared.close()
    shared.close()
    leaked.close()
    with pytest.raises(Exception, match="closed"), engine.connect() as connection:
        connection.execute(text("SELECT 1"))
