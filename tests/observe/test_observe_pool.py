"""What is known of pools: who waits, how long, who holds, what was in vain."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
from observed import only, until
from sqlalchemy import URL, Engine, NullPool, StaticPool, exc, text
from sqlalchemy.ext.asyncio import create_async_engine

from greenshift import observe


def test_size_use_and_overflow(make_engine: Callable[..., Engine]) -> None:
    engine = make_engine(pool_size=1, max_overflow=2)
    with observe.install(engine) as observer:
        first, second = engine.connect(), engine.connect()
        pool = only(observer).pool
        assert (pool.kind, pool.size, pool.max_overflow) == ("QueuePool", 1, 2)
        assert (pool.in_use, pool.idle, pool.overflow) == (2, 0, 1)
        first.close()
        second.close()
        pool = only(observer).pool
    assert (pool.in_use, pool.idle, pool.overflow) == (0, 1, 0)
    assert (pool.checkouts, pool.connects, pool.closes) == (2, 2, 1)
    assert pool.held.count == pool.wait.count == 2
    assert pool.holders == ()


def test_holders_are_known_by_age_line_and_thread(make_engine: Callable[..., Engine]) -> None:
    engine = make_engine()
    with observe.install(engine) as observer:
        older = engine.connect()
        newer = engine.connect()
        first, second = only(observer).pool.holders
        older.close()
        newer.close()
    assert first.seconds > second.seconds > 0
    assert first.call_site is not None
    assert first.call_site.endswith(" in test_holders_are_known_by_age_line_and_thread")
    assert first.thread == "MainThread"
    assert first.task is None
    assert first.backend_pid != second.backend_pid


def test_threads_that_wait(make_engine: Callable[..., Engine]) -> None:
    engine = make_engine(pool_size=1, max_overflow=0)
    with observe.install(engine) as observer:
        held = engine.connect()
        threads = [threading.Thread(target=lambda: engine.connect().close()) for _ in range(2)]
        for thread in threads:
            thread.start()
        until(lambda: only(observer).pool.waiting == 2)
        until(lambda: only(observer).pool.longest_waiting > 0.06)
        held.close()
        for thread in threads:
            thread.join()
        pool = only(observer).pool
    assert pool.waiting == 0
    assert pool.longest_waiting == 0
    assert pool.wait.count == 3
    assert pool.wait.sum > 0.06
    # The first did not wait: what it took to connect is not in it.
    assert sum(pool.wait.counts[:5]) >= 1


def test_tasks_that_wait_and_wait_in_vain(observed_url: URL) -> None:
    async def main() -> tuple[observe.PoolState, observe.PoolState]:
        engine = create_async_engine(
            observed_url.set(drivername="postgresql+asyncpg"), pool_size=1, max_overflow=0, pool_timeout=0.3
        )

        async def take() -> None:
            async with engine.connect():
                pass

        with observe.install(engine) as observer:
            async with engine.connect():
                tasks = [asyncio.create_task(take()) for _ in range(2)]
                given_up = asyncio.create_task(take())
                await asyncio.sleep(0.1)
                during = only(observer).pool
                given_up.cancel()
                failures = await asyncio.gather(*tasks, given_up, return_exceptions=True)
            after = only(observer).pool
        assert [type(one) for one in failures] == [exc.TimeoutError, exc.TimeoutError, asyncio.CancelledError]
        await engine.dispose()
        return during, after

    during, after = asyncio.run(main())
    assert during.kind == "AsyncAdaptedQueuePool"
    assert during.waiting == 3
    assert during.holders[0].task is not None
    assert after.waiting == 0
    assert after.timeouts == 2
    assert after.checkouts == 1
    assert after.wait.count == 4


def test_broken_connections_are_counted(make_engine: Callable[..., Engine]) -> None:
    engine = make_engine()
    with observe.install(engine) as observer:
        with engine.connect() as connection:
            connection.invalidate()
        with engine.connect() as victim, engine.connect() as other:
            pid = victim.scalar(text("SELECT pg_backend_pid()"))
            other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
            with pytest.raises(exc.OperationalError):
                victim.execute(text("SELECT 1"))
        pool = only(observer).pool
    assert pool.invalidations == 2
    assert pool.in_use == 0


@pytest.mark.parametrize("kind", [NullPool, StaticPool])
def test_pools_without_a_size(make_engine: Callable[..., Engine], kind: Any) -> None:
    engine = make_engine(poolclass=kind)
    with observe.install(engine) as observer:
        with engine.connect():
            pool = only(observer).pool
            assert (pool.kind, pool.size, pool.max_overflow, pool.in_use) == (kind.__name__, 0, None, 1)
        pool = only(observer).pool
    assert pool.in_use == 0
    assert pool.idle == (1 if kind is StaticPool else 0)


def test_a_connection_that_was_never_given_back_is_seen(make_engine: Callable[..., Engine]) -> None:
    engine = make_engine()
    with observe.install(engine) as observer:
        connection = engine.raw_connection()
        assert only(observer).pool.in_use == 1
        connection.detach()
        pool = only(observer).pool
        connection.close()
    # It is the pool's no more.
    assert pool.in_use == 0
