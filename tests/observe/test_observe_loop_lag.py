"""How late event loops are, and that nothing of it stays."""

from __future__ import annotations

import asyncio
import threading
import time
import warnings
from collections.abc import Callable
from typing import Any

from observed import until
from sqlalchemy import URL, Engine, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from greenshift import observe


def async_engine(url: URL) -> AsyncEngine:
    return create_async_engine(url.set(drivername="postgresql+asyncpg"))


async def ask(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 1"))


def lag_thread() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "greenshift-loop-lag"]


def test_a_blocked_loop_is_seen_during_and_afterwards(observed_url: URL) -> None:
    during: list[observe.LoopLag] = []

    async def main(observer: observe.Observer) -> observe.LoopLag:
        engine = async_engine(observed_url)
        await ask(engine)
        await asyncio.sleep(0.25)
        timer = threading.Timer(0.3, lambda: during.append(observer.snapshot().process.loop_lag))
        timer.start()
        time.sleep(0.5)
        await asyncio.sleep(0.15)
        timer.join()
        await engine.dispose()
        return observer.snapshot().process.loop_lag

    with observe.install() as observer:
        lag = asyncio.run(main(observer))
    assert lag.loops == 1
    assert 0.3 < lag.max < 5
    assert lag.histogram.count > 1
    assert lag.last < lag.max
    assert 0.1 < during[0].last < 0.5


def test_a_sync_statement_on_the_loop_is_late_too(make_engine: Callable[..., Engine]) -> None:
    engine = make_engine()

    async def main() -> None:
        for _ in range(3):
            with engine.connect() as connection:
                connection.execute(text("SELECT pg_sleep(0.2)"))
            await asyncio.sleep(0.05)

    with observe.install(engine) as observer:
        asyncio.run(main())
        assert observer.snapshot().process.loop_lag.max > 0.05


def test_a_loop_that_nobody_runs_is_not_late(observed_url: URL) -> None:
    with observe.install() as observer, asyncio.Runner() as runner:
        engine = async_engine(observed_url)
        runner.run(ask(engine))
        runner.run(asyncio.sleep(0.15))
        time.sleep(0.5)
        runner.run(asyncio.sleep(0.15))
        lag = observer.snapshot().process.loop_lag
        runner.run(engine.dispose())
    assert lag.histogram.count >= 1
    assert lag.max < 0.4


def test_nothing_is_left_when_loops_close(observed_url: URL) -> None:
    complaints: list[Any] = []

    async def main() -> int:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        engine = async_engine(observed_url)
        await ask(engine)
        await asyncio.sleep(0.15)
        tasks = len(asyncio.all_tasks())
        await engine.dispose()
        return tasks

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with observe.install() as observer:
            for _ in range(3):
                assert asyncio.run(main(), debug=True) == 1
            until(lambda: not lag_thread())
            assert observer.snapshot().process.loop_lag.loops == 0
            # It begins again with the next loop.
            assert asyncio.run(main()) == 1
    assert complaints == []
    assert lag_thread() == []


def test_it_can_be_left_out(observed_url: URL) -> None:
    async def main() -> None:
        engine = async_engine(observed_url)
        await ask(engine)
        assert lag_thread() == []
        await engine.dispose()

    with observe.install(loop_lag=False) as observer:
        asyncio.run(main())
        assert observer.snapshot().process.loop_lag.histogram.count == 0
