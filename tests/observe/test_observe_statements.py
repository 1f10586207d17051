"""What is counted of statements, and what the slow-query log says."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Callable
from typing import Any

import pytest
from observed import Order, OrderLine, only
from sqlalchemy import URL, Engine, bindparam, event, exc, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from greenshift import observe

SECRET = "s3cret-value"


def here() -> str:
    frame = inspect.currentframe()
    assert frame is not None
    assert frame.f_back is not None
    return f"{frame.f_back.f_code.co_filename}:{frame.f_back.f_lineno} "


def test_statements_and_errors_are_counted(make_engine: Callable[..., Engine]) -> None:
    engine = make_engine()
    with observe.install(engine) as observer:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
            connection.exec_driver_sql("SELECT 2")
            connection.execute(text("SELECT :x"), [{"x": 1}, {"x": 2}])
            with pytest.raises(exc.DBAPIError):
                connection.execute(text("SELECT nothing_of_that_name"))
        state = only(observer)
    # Those with which SQLAlchemy sounds the server out as it connects are not the application's.
    assert state.statements == 4
    assert state.errors == 1
    assert 0 < state.database_seconds < 60
    assert state.durations.count == 4
    assert state.driver == "psycopg"
    assert not state.is_async


def test_statements_of_an_async_engine_are_counted(observed_url: URL) -> None:
    async def main() -> observe.Snapshot:
        engine = create_async_engine(observed_url.set(drivername="postgresql+asyncpg"))
        with observe.install(engine, slow=0.05) as observer:
            async with AsyncSession(engine) as session:
                await session.scalars(select(Order))
                await session.execute(text("SELECT pg_sleep(0.06)"))
            snapshot = observer.snapshot()
        await engine.dispose()
        return snapshot

    (state,) = asyncio.run(main()).engines
    assert state.statements == 2
    assert state.is_async
    assert state.slow_count == 1
    assert state.slow[0].call_site is not None
    assert "test_observe_statements.py" in state.slow[0].call_site


def test_a_cancelled_statement_is_an_error(observed_url: URL) -> None:
    async def main() -> observe.Snapshot:
        engine = create_async_engine(observed_url.set(drivername="postgresql+asyncpg"))
        with observe.install(engine, slow=0.05) as observer:
            async with engine.connect() as connection:
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(connection.execute(text("SELECT pg_sleep(30)")), 0.1)
            snapshot = observer.snapshot()
        await engine.dispose()
        return snapshot

    (state,) = asyncio.run(main()).engines
    assert state.errors == 1
    assert state.slow[0].error == "CancelledError"


def test_a_slow_statement_is_logged_with_its_line_and_no_value(
    make_engine: Callable[..., Engine], caplog: pytest.LogCaptureFixture
) -> None:
    engine = make_engine()
    slow = select(Order.id, text("pg_sleep(0.06)")).where(Order.note != SECRET, Order.id == 1)
    with observe.install(engine, slow=0.05, name="shop") as observer, Session(engine) as session:
        session.execute(select(Order.id))
        session.execute(slow)
        line = here()
        state = only(observer)
    assert state.slow_count == 1
    (statement,) = state.slow
    assert statement.call_site is not None
    assert statement.call_site.startswith(line.replace(line.split(":")[-1], str(int(line.split(":")[-1]) - 1)))
    assert statement.origin == "select of Order"
    assert 0.06 <= statement.seconds < 30
    assert statement.error is None
    assert statement.stream_seconds is None
    (record,) = [one for one in caplog.records if one.name == "greenshift.observe"]
    assert record.levelno == logging.WARNING
    message = record.getMessage()
    assert "slow statement: 0." in message
    assert "select of Order" in message
    assert statement.call_site in message
    assert "[shop]" in message
    assert SECRET not in message + str(state)


def test_secrets_in_a_statement_are_masked(
    make_engine: Callable[..., Engine], caplog: pytest.LogCaptureFixture
) -> None:
    engine = make_engine()
    with observe.install(engine, slow=0) as observer, engine.connect() as connection:
        connection.execute(text(f"CREATE ROLE observed_one PASSWORD '{SECRET}'"))
        connection.rollback()
        state = only(observer)
    assert "CREATE ROLE observed_one" in state.slow[0].sql
    assert SECRET not in caplog.text + str(state)


@pytest.mark.parametrize("full", [False, True], ids=["alone", "while all is traced"])
def test_the_origin_of_a_slow_statement(make_engine: Callable[..., Engine], full: bool) -> None:
    from greenshift import trace

    engine = make_engine()
    recording = trace.record()
    if full:
        recording.start()
    with observe.install(engine, slow=0) as observer, Session(engine) as session:
        session.execute(text("SELECT 1"))
        session.execute(insert(OrderLine.__table__).values(order_id=1))
        order = session.get_one(Order, 1)
        _ = order.lines
        _ = order.note
        session.refresh(order)
        session.expire(order)
        _ = order.lines
        session.add(OrderLine(order=order))
        session.flush()
        session.rollback()
        state = only(observer)
    recording.stop()
    origins = [one.origin for one in reversed(state.slow)]
    assert origins == [
        "text",
        "core",
        "select of Order",
        "lazy load of Order.lines",
        "deferred of Order.note",
        "refresh of Order",
        "expired of Order.lines",
        "lazy load of Order.lines",
        "flush of observed_line",
    ]


def test_executemany_and_inserted_rows_are_timed(make_engine: Callable[..., Engine]) -> None:
    engine = make_engine()
    with observe.install(engine, slow=0) as observer, engine.connect() as connection:
        update = OrderLine.__table__.update().where(OrderLine.id == bindparam("key")).values(order_id=1)
        connection.execute(update, [{"key": 1}, {"key": 2}])
        connection.execute(insert(OrderLine).returning(OrderLine.id), [{"order_id": 1}, {"order_id": 2}])
        connection.rollback()
        assert only(observer).statements == 2


def test_streamed_results_are_timed_until_they_are_closed(observed_url: URL, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> observe.Snapshot:
        engine = create_async_engine(observed_url.set(drivername="postgresql+asyncpg"))
        with observe.install(engine, slow=0.1) as observer:
            async with engine.connect() as connection:
                async with connection.stream(select(Order.id).execution_options(yield_per=2)) as rows:
                    async for _ in rows:
                        await asyncio.sleep(0.02)
                # Given up: the connection's return ends it.
                dropped = await connection.stream(select(OrderLine.id).execution_options(yield_per=2))
                await asyncio.sleep(0.11)
                assert len(only(observer).slow) == 1
            del dropped
            snapshot = observer.snapshot()
        await engine.dispose()
        return snapshot

    (state,) = asyncio.run(main()).engines
    assert state.statements == 2
    dropped, read = state.slow
    assert read.stream_seconds is not None
    assert read.seconds < 0.1 < read.stream_seconds
    assert dropped.stream_seconds is not None
    assert "observed_line" in dropped.sql
    assert dropped.stream_seconds > 0.1
    assert "until its result was closed" in caplog.text


def test_streamed_results_of_a_sync_engine(make_engine: Callable[..., Engine]) -> None:
    import time

    engine = make_engine()
    with observe.install(engine, slow=0.05) as observer, engine.connect() as connection:
        for _ in connection.execution_options(yield_per=2).execute(select(Order.id)):
            time.sleep(0.02)
        (statement,) = only(observer).slow
    assert statement.stream_seconds is not None
    assert statement.stream_seconds > 0.1 > statement.seconds


def test_listeners_that_execute_themselves_still_do(make_engine: Callable[..., Engine]) -> None:
    engine = make_engine()
    seen: list[str] = []

    def replace(cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
        seen.append(statement)
        cursor.execute("SELECT 42")
        return True

    def watch(cursor: Any, statement: str, parameters: Any, context: Any) -> None:
        seen.append("watched")

    engine.connect().close()
    event.listen(engine, "do_execute", watch)
    event.listen(engine, "do_execute", replace)
    with observe.install(engine) as observer, engine.connect() as connection:
        assert connection.scalar(text("SELECT :x"), {"x": 1}) == 42
        # What they do is not seen.
        assert only(observer).statements == 0
    assert seen == ["watched", "SELECT %(x)s"]


def test_nothing_is_logged_without_a_threshold(
    make_engine: Callable[..., Engine], caplog: pytest.LogCaptureFixture
) -> None:
    engine = make_engine()
    with observe.install(engine, slow=None) as observer, engine.connect() as connection:
        connection.execute(text("SELECT pg_sleep(0.11)"))
        state = only(observer)
    assert state.statements == 1
    assert state.slow_count == 0
    assert caplog.text == ""


def test_many_durations_are_all_counted(make_engine: Callable[..., Engine]) -> None:
    engine = make_engine()
    with observe.install(engine) as observer, engine.connect() as connection:
        for _ in range(700):
            connection.exec_driver_sql("SELECT 1")
        durations = only(observer).durations
    assert durations.count == 700
    assert len(durations.counts) == len(durations.bounds) + 1
    half = durations.quantile(0.5)
    assert half is not None
    assert half < 1
