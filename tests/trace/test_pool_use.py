"""How pools are used: waits, returns, openings, ends."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from typing import Any

import pytest
from sqlalchemy import URL, Connection, Engine, create_engine, exc, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import Pool
from tree import Driver

from greenshift import trace
from greenshift.trace import pool_use


def ask(connection: Connection) -> Any:
    return connection.scalar(text("SELECT 42"))


def test_each_use_is_told(driver: Driver) -> None:
    told: list[str] = []
    with (
        pool_use.on_taken(lambda pool, seconds, failure: told.append(f"taken {failure}")),
        pool_use.on_opened(lambda info: told.append("opened")),
        pool_use.on_given_back(lambda info, since: told.append("given back")),
        pool_use.on_closed(lambda info: told.append("closed")),
    ):
        driver.connected(ask, ask)
        driver.dispose()
    assert told[:4] == ["opened", "taken None", "given back", "taken None"]
    assert told[4] == "given back"
    assert driver.is_async is (told[5:] == ["closed"]) or told[5:] == ["closed"]


def test_opening_is_no_waiting(urls: dict[str, URL]) -> None:
    waits: list[float] = []
    engine = create_engine(urls["psycopg"])

    def slowly(dialect: Any, arguments: list[Any], parameters: dict[str, Any]) -> None:
        time.sleep(0.2)

    with (
        pool_use.on_taken(lambda pool, seconds, failure: waits.append(seconds)),
        trace.pool.on_connect_arguments(slowly),
        engine.connect(),
    ):
        pass
    engine.dispose()
    assert 0 <= waits[0] < 0.2


def test_who_waits_and_in_vain(urls: dict[str, URL]) -> None:
    engine = create_engine(urls["psycopg"], pool_size=1, max_overflow=0, pool_timeout=0.3)
    ends: list[tuple[Pool, float, BaseException | None]] = []
    with pool_use.on_taken(lambda *end: ends.append(end)), engine.connect():
        assert pool_use.takers() == []

        def in_vain() -> None:
            with contextlib.suppress(exc.TimeoutError):
                engine.connect()

        thread = threading.Thread(target=in_vain)
        thread.start()
        time.sleep(0.15)
        (taker,) = pool_use.takers()
        assert taker.pool is engine.pool
        assert 0 < time.perf_counter() - taker.since < 10
        thread.join()
        assert pool_use.takers() == []
    engine.dispose()
    pool, seconds, failure = ends[1]
    assert pool is engine.pool or pool.size() == 1  # type: ignore[attr-defined]
    assert 0.25 < seconds < 10
    assert isinstance(failure, exc.TimeoutError)


def test_tasks_that_are_cancelled_wait_no_more(urls: dict[str, URL]) -> None:
    ends: list[BaseException | None] = []

    async def main() -> None:
        engine = create_async_engine(urls["asyncpg"], pool_size=1, max_overflow=0)
        async with engine.connect():
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(engine.connect().start(), 0.1)
            assert pool_use.takers() == []
        await engine.dispose()

    with pool_use.on_taken(lambda pool, seconds, failure: ends.append(failure)):
        asyncio.run(main())
    assert [type(end) for end in ends] == [type(None), asyncio.CancelledError]


def test_broken_connections_are_told(driver: Driver) -> None:
    told: list[tuple[trace.ConnectionInfo, BaseException | None]] = []
    reason = ValueError("no good")

    def step(connection: Connection) -> None:
        connection.invalidate(reason)

    with pool_use.on_invalidated(lambda info, error: told.append((info, error))):
        driver.connected(step)
    ((info, error),) = told
    assert error is reason
    assert info.closed


def test_where_a_connection_was_taken_is_known(engine: Engine) -> None:
    with pool_use.on_taken(lambda *_: None):
        with engine.connect():
            (info,) = [one for one in trace.connections.live() if one.pool is engine.pool]
            assert info.checkout is not None
            assert info.checkout.call_site is not None
            assert info.checkout.call_site.function == "test_where_a_connection_was_taken_is_known"
        # Whether it is used without SQLAlchemy's knowledge is not to be told while statements are not traced.
        assert info.tainted == set()


def test_one_taking_inside_another(urls: dict[str, URL]) -> None:
    taken_from: list[Pool] = []
    outside: list[list[Pool]] = []
    inner = create_engine(urls["psycopg"])

    def creator() -> Any:
        with inner.connect() as connection:
            assert ask(connection) == 42
        outside.append([taker.pool for taker in pool_use.takers()])
        assert pool_use.is_connecting()
        return inner.dialect.connect(*inner.dialect.create_connect_args(inner.url)[0], **arguments)

    arguments: dict[str, Any] = dict(inner.dialect.create_connect_args(inner.url)[1])
    outer = create_engine("postgresql+psycopg://", creator=creator)
    with pool_use.on_taken(lambda pool, seconds, failure: taken_from.append(pool)), outer.connect():
        assert not pool_use.is_connecting()
    assert taken_from == [inner.pool, outer.pool]
    assert outside == [[outer.pool]]
    inner.dispose()
    outer.dispose()


def test_a_holder_is_the_same_however_often_it_is_asked_for(engine: Engine) -> None:
    with pool_use.on_given_back(lambda info, since: ends.append((info.checkout, since))):
        ends: list[tuple[Any, float]] = []
        with engine.connect() as connection:
            info = trace.connections.info_of(connection)
            first = info.checkout
            assert first is not None
            assert info.checkout is first
        assert info.checkout is None
        with engine.connect() as connection:
            assert info.checkout is not first
    assert ends[0] == (first, first.since)
