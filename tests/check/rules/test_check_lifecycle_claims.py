"""What the rules of lifecycle and secrets say happens does happen: with a real PostgreSQL, a real fork, real loops."""

from __future__ import annotations

import asyncio
import gc
import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import InvalidRequestError, NoInspectionAvailable
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import NullPool

from greenshift.postgres import ServerSettings, open_server


@pytest.fixture(scope="module")
def urls() -> Iterator[dict[str, str]]:
    """One PostgreSQL, as psycopg and as asyncpg address it."""
    server = open_server(ServerSettings())
    yield {driver: server.url("postgres", driver) for driver in ("psycopg", "asyncpg")}
    server.stop()


async def _one(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        return (await connection.execute(sa.text("SELECT 1"))).scalar_one()


async def _one_and_dispose(engine: AsyncEngine) -> int:
    try:
        return await _one(engine)
    finally:
        await engine.dispose()


@pytest.mark.parametrize("pre_ping", [False, True])
def test_gs403_the_second_loop_fails_with_asyncpg(urls: dict[str, str], pre_ping: bool) -> None:
    engine = create_async_engine(urls["asyncpg"], pool_pre_ping=pre_ping)
    assert asyncio.run(_one(engine)) == 1
    with pytest.raises(RuntimeError, match=r"attached to a different loop|Event loop is closed"):
        asyncio.run(_one(engine))
    with warnings.catch_warnings():
        # What asyncpg left half done in the loop that is closed.
        warnings.simplefilter("ignore", RuntimeWarning)
        del engine
        gc.collect()


def test_gs403_what_is_said_to_help_helps(urls: dict[str, str]) -> None:
    without_pool = create_async_engine(urls["asyncpg"], poolclass=NullPool)
    assert [asyncio.run(_one(without_pool)) for _ in range(2)] == [1, 1]
    disposed = create_async_engine(urls["asyncpg"])
    assert [asyncio.run(_one_and_dispose(disposed)) for _ in range(2)] == [1, 1]


def test_gs403_psycopg_may_change_loops(urls: dict[str, str]) -> None:
    engine = create_async_engine(urls["psycopg"])
    assert [asyncio.run(_one(engine)) for _ in range(2)] == [1, 1]
    asyncio.run(engine.dispose())


def _backend_in_child(engine: sa.Engine, *, dispose: bool) -> int:
    """Return the server process that answers a forked child."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if dispose:
                engine.dispose(close=False)
            with engine.connect() as connection:
                os.write(write, str(connection.scalar(sa.text("SELECT pg_backend_pid()"))).encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read) as answer:
        told = answer.read()
    os.waitpid(child, 0)
    return int(told)


@pytest.mark.parametrize("dispose", [False, True])
def test_gs402_a_forked_process_has_the_parents_connection(urls: dict[str, str], dispose: bool) -> None:
    engine = sa.create_engine(urls["psycopg"])
    with engine.connect() as connection:
        own = connection.scalar(sa.text("SELECT pg_backend_pid()"))
    assert (_backend_in_child(engine, dispose=dispose) == own) is not dispose
    engine.dispose()


def test_gs404_each_engine_leaves_its_connection_open(urls: dict[str, str]) -> None:
    watcher = sa.create_engine(urls["psycopg"], poolclass=NullPool)

    def named(name: str) -> int:
        with watcher.connect() as connection:
            counted = sa.text("SELECT count(*) FROM pg_stat_activity WHERE application_name = :name")
            return connection.execute(counted, {"name": name}).scalar_one()

    async def request() -> None:
        engine = create_async_engine(urls["asyncpg"], connect_args={"server_settings": {"application_name": "gs404"}})
        await _one(engine)

    async def requests() -> int:
        for _ in range(3):
            await request()
        return named("gs404")

    gc.disable()
    try:
        assert asyncio.run(requests()) == 3
    finally:
        gc.enable()


@pytest.mark.parametrize("name", ["connect", "first_connect", "do_connect"])
def test_gs405_a_connection_that_is_open_is_without_the_listener(urls: dict[str, str], name: str) -> None:
    engine = sa.create_engine(urls["psycopg"])
    heard: list[str] = []
    with engine.connect():
        pass
    event.listen(engine, name, lambda *_: heard.append(name))
    with engine.connect():
        assert heard == []
        with engine.connect():
            assert heard == [name]
    engine.dispose()


def test_gs406_asyncio_engines_and_sessions_have_no_events(urls: dict[str, str]) -> None:
    engine = create_async_engine(urls["asyncpg"])
    with pytest.raises(NotImplementedError, match="asynchronous events are not implemented at this time"):
        event.listen(engine, "connect", print)
    with pytest.raises(NotImplementedError, match="asynchronous events are not implemented at this time"):
        event.listen(AsyncSession(engine), "after_commit", print)
    for target in (AsyncSession, async_sessionmaker(engine)):
        with pytest.raises(InvalidRequestError, match="No such event 'after_commit'"):
            event.listen(target, "after_commit", print)
    with pytest.raises(AssertionError):
        event.listen(AsyncEngine, "connect", print)
    event.listen(engine.sync_engine, "connect", print)


def test_gs407_metadata_takes_no_asyncio_engine(urls: dict[str, str]) -> None:
    engine = create_async_engine(urls["asyncpg"])
    metadata = sa.MetaData()
    sa.Table("items", metadata, sa.Column("id", sa.Integer))
    for call in (metadata.create_all, metadata.drop_all):
        with pytest.raises(AttributeError, match="'AsyncEngine' object has no attribute '_run_ddl_visitor'"):
            call(engine)  # type: ignore[arg-type]
    for refused in (sa.inspect, metadata.reflect):
        with pytest.raises(NoInspectionAvailable):
            refused(engine)  # type: ignore[operator]


@pytest.mark.asyncio
async def test_gs407_nor_an_asyncio_connection(tmp_path: Path) -> None:
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/items.db")
    async with engine.begin() as connection:
        with pytest.raises(AttributeError, match="'AsyncConnection' object has no attribute '_run_ddl_visitor'"):
            sa.MetaData().create_all(connection)  # type: ignore[arg-type]
    await engine.dispose()


@pytest.mark.asyncio
async def test_gs408_the_loop_stands_still(urls: dict[str, str]) -> None:
    engine = sa.create_engine(urls["psycopg"])
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0.01)
            beats += 1

    async def route() -> None:
        with engine.connect() as connection:
            connection.execute(sa.text("SELECT pg_sleep(0.3)"))

    task = asyncio.create_task(beat())
    await asyncio.sleep(0.05)
    before = beats
    await route()
    assert beats == before
    task.cancel()
    engine.dispose()


def test_gs602_urls_hide_the_password_and_texts_do_not() -> None:
    url = sa.make_url("postgresql+psycopg://shop:nK4-vT9rq2@localhost/shop")
    engine = sa.create_engine(url)
    for shown in (str(url), repr(url), f"{url}", url.render_as_string(), str(engine.url), str(engine)):
        assert "nK4" not in shown
        assert "***" in shown
    assert "nK4" in url.render_as_string(hide_password=False)


def test_gs601_echo_logs_parameters(caplog: pytest.LogCaptureFixture) -> None:
    engine = sa.create_engine("sqlite://", echo=True)
    with caplog.at_level("INFO", "sqlalchemy.engine.Engine"), engine.connect() as connection:
        connection.execute(sa.text("SELECT :token"), {"token": "nK4-vT9rq2"})
    assert "nK4-vT9rq2" in caplog.text
    engine.dispose()
