"""Which engines are observed, under which names, for how long."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Callable
from typing import Any

import pytest
from observed import only
from sqlalchemy import URL, Engine, NullPool, create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine

from greenshift import observe
from greenshift.observe.errors import ObserveError


def ask(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))


def test_engines_made_before_and_after_are_found(make_engine: Callable[..., Engine], observed_url: URL) -> None:
    before, used = make_engine(), make_engine()
    ask(used)
    with observe.install() as observer:
        after = make_engine()
        for engine in (before, used, after):
            ask(engine)

        async def main() -> None:
            asynchronous = create_async_engine(observed_url.set(drivername="postgresql+asyncpg"))
            async with asynchronous.connect() as connection:
                await connection.execute(text("SELECT 1"))
            assert len(observer.snapshot().engines) == 4
            await asynchronous.dispose()

        asyncio.run(main())
        states = observer.snapshot().engines[:3]
    assert [state.statements for state in states] == [1, 1, 1]
    assert [state.pool.checkouts for state in states] == [1, 1, 1]
    # The connection of the second was opened before anybody looked.
    assert [state.pool.connects for state in states] == [1, 0, 1]
    names = [state.name for state in states]
    assert names[1:] == [f"{names[0]} #2", f"{names[0]} #3"]


def test_only_the_engines_given_are_observed(make_engine: Callable[..., Engine]) -> None:
    one, other = make_engine(), make_engine()
    with observe.install(one, name="one") as observer:
        assert only(observer).statements == 0
        ask(one)
        ask(other)
        state = only(observer)
    assert state.name == "one"
    assert state.statements == state.pool.checkouts == 1


def test_two_observers_do_not_disturb_each_other(make_engine: Callable[..., Engine]) -> None:
    engine = make_engine()
    with observe.install(engine) as first:
        ask(engine)
        with observe.install() as second:
            ask(engine)
            assert only(second).statements == 1
        ask(engine)
        assert only(first).statements == 3
        assert only(second).statements == 1


def test_a_url_shows_no_secret(observed_url: URL) -> None:
    engine = create_engine(observed_url.set(username="postgres", password="s3cret"), poolclass=NullPool)
    with observe.install(engine) as observer:
        ask(engine)
        snapshot = observer.snapshot()
    assert "s3cret" not in str(snapshot.as_dict())
    assert "***" in snapshot.engines[0].url


def test_engines_made_of_another_count_as_one(make_engine: Callable[..., Engine]) -> None:
    engine = make_engine()
    with observe.install() as observer:
        for _ in range(3):
            ask(engine.execution_options(isolation_level="AUTOCOMMIT").execution_options(logging_token="x"))
        gc.collect()
        ask(engine)
        assert only(observer).statements == 4


def test_disposing_keeps_counting(make_engine: Callable[..., Engine]) -> None:
    engine = make_engine(pool_size=2)
    with observe.install() as observer:
        ask(engine)
        held = engine.connect()
        engine.dispose()
        ask(engine)
        state = only(observer)
        # One is held of the pool that was replaced.
        assert state.pool.in_use == len(state.pool.holders) == 1
        assert state.pool.checkouts == 3
        held.close()
        state = only(observer)
    assert state.pool.in_use == 0
    assert state.pool.size == 2
    assert state.pool.held.count == 3
    assert state.pool.connects == 2


def test_an_engine_that_is_gone_disappears(observed_url: URL) -> None:
    with observe.install() as observer:
        engine = create_engine(observed_url)
        ask(engine)
        assert len(observer.snapshot().engines) == 1
        engine.dispose()
        del engine
        gc.collect()
        assert observer.snapshot().engines == ()


def test_an_async_engine_that_was_never_disposed_of_disappears_too(observed_url: URL) -> None:
    async def use() -> weakref.ref[Any]:
        engine = create_async_engine(observed_url.set(drivername="postgresql+asyncpg"))
        connection = await engine.connect()
        await connection.execute(text("SELECT 1"))
        await connection.invalidate()
        await connection.close()
        return weakref.ref(engine.pool)

    async def main(observer: observe.Observer) -> weakref.ref[Any]:
        pool = await use()
        gc.collect()
        assert observer.snapshot().engines == ()
        return pool

    with observe.install() as observer:
        pool = asyncio.run(main(observer))
        gc.collect()
        assert pool() is None


def test_wrong_use_is_said(make_engine: Callable[..., Engine]) -> None:
    engine = make_engine()
    with pytest.raises(ObserveError, match="1 engines and 2 names"):
        observe.install(engine, name=["a", "b"])
    with pytest.raises(ObserveError, match="0 engines and 1 names"):
        observe.install(name="a")
    with pytest.raises(ObserveError, match="two engines have one name"):
        observe.install(engine, make_engine(), name=["a", "a"])
    with pytest.raises(ObserveError, match="str is no engine"):
        observe.install("postgresql://")  # type: ignore[arg-type]
    with pytest.raises(ObserveError, match="no number of seconds"):
        observe.install(engine, slow=-1)


def test_closing_twice_and_using_engines_afterwards(make_engine: Callable[..., Engine]) -> None:
    engine = make_engine()
    observer = observe.install(engine)
    ask(engine)
    observer.close()
    observer.close()
    ask(engine)
    assert only(observer).statements == 1
