"""What looks like an error of event loops, of concurrent use or of a pool, and what does not."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import NullPool

from greenshift.explain import Explanation, Witness, explain, explain_text

FreshUrl = Callable[[str], str]

OTHERS = {
    "a future of the application's own": """\
Traceback (most recent call last):
  File "/app/worker.py", line 12, in main
    await future
RuntimeError: Task <Task pending name='Task-2' coro=<main()>> got Future <Future pending> attached to a different loop
""",
    "a lock of Redis": """\
Traceback (most recent call last):
  File "/app/cache.py", line 7, in get
    async with lock:
  File "/usr/lib/python3.11/asyncio/locks.py", line 15, in __aenter__
    await self.acquire()
  File "/app/.venv/lib/python3.11/site-packages/redis/asyncio/connection.py", line 90, in acquire
    loop = self._get_loop()
RuntimeError: <asyncio.locks.Lock object at 0x7f> is bound to a different event loop
""",
    "an HTTP client's transport": """\
Traceback (most recent call last):
  File "/app/client.py", line 7, in get
    return await client.get(url)
  File "/app/.venv/lib/python3.11/site-packages/httpcore/_backends/anyio.py", line 36, in aclose
    await self._stream.aclose()
RuntimeError: Event loop is closed
""",
    "a timeout of asyncio": """\
Traceback (most recent call last):
  File "/app/main.py", line 7, in get
    await session.execute(query)
TimeoutError
""",
    "a connection that the server closed": """\
Traceback (most recent call last):
  File "/app/main.py", line 7, in get
    await session.execute(query)
  File "/app/.venv/lib/python3.11/site-packages/asyncpg/connection.py", line 90, in fetch
    return await self._protocol.query(query, timeout)
sqlalchemy.exc.InterfaceError: (sqlalchemy.dialects.postgresql.asyncpg.InterfaceError) connection is closed
""",
    "a session with another trouble": """\
Traceback (most recent call last):
  File "/app/main.py", line 7, in get
    session.add(account)
sqlalchemy.exc.InvalidRequestError: Object '<Account at 0x7f>' is already attached to session '1' (this is '2')
""",
}
MINE = {
    "different event loop",
    "TestClient's event loop",
    "event loop is closed",
    "another operation in progress",
    "pool limit reached",
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_errors_are_left_alone(name: str) -> None:
    assert MINE.isdisjoint(one.kind for one in explain_text(OTHERS[name]))


def failed(program: Callable[[], object]) -> Explanation:
    with pytest.raises(Exception) as raised:
        program()
    explanation = explain(raised.value)
    assert explanation is not None
    return explanation


async def one(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        return (await connection.execute(text("SELECT 1"))).scalar_one()


@contextlib.contextmanager
def abandoned(url: str, **options: object):  # type: ignore[no-untyped-def]
    engine = create_async_engine(url, **options)
    try:
        yield engine
    finally:
        engine.sync_engine.dispose(close=False)


def test_a_connection_that_was_opened_before_anybody_watched(fresh_url: FreshUrl) -> None:
    with abandoned(fresh_url("asyncpg")) as engine:
        asyncio.run(one(engine))
        with Witness():
            explanation = failed(lambda: asyncio.run(one(engine)))
    assert explanation.kind == "different event loop"
    assert "opened here" not in {place.role for place in explanation.where}


def test_psycopg_may_go_from_loop_to_loop(fresh_url: FreshUrl) -> None:
    with abandoned(fresh_url("psycopg")) as engine:
        assert asyncio.run(one(engine)) == asyncio.run(one(engine)) == 1


def test_two_tasks_on_a_connection_of_the_right_loop(fresh_url: FreshUrl) -> None:
    """The history tells it from the second failure of a connection of another loop, which reads the same."""

    async def main() -> None:
        engine = create_async_engine(fresh_url("asyncpg"))
        try:
            async with engine.connect() as connection:
                raw = (await connection.get_raw_connection()).driver_connection
                assert raw is not None
                slow = asyncio.create_task(connection.execute(text("SELECT pg_sleep(0.3)")))
                await asyncio.sleep(0.1)
                try:
                    await connection.rollback()
                finally:
                    await slow
                    await connection.invalidate()
        finally:
            await engine.dispose()

    with Witness():
        explanation = failed(lambda: asyncio.run(main()))
    assert explanation.kind == "another operation in progress"
    assert "pg_sleep" in explanation.because


def test_a_statement_that_fails_for_itself_on_the_right_loop(fresh_url: FreshUrl) -> None:
    async def main() -> None:
        engine = create_async_engine(fresh_url("asyncpg"))
        try:
            async with AsyncSession(engine) as session:
                await session.execute(text("SELECT 1 / 0"))
        finally:
            await engine.dispose()

    with Witness(), pytest.raises(Exception, match="division by zero") as raised:
        asyncio.run(main())
    explanation = explain(raised.value)
    assert explanation is None or explanation.kind not in MINE


def test_a_task_that_waits_for_itself_is_told_so(fresh_url: FreshUrl) -> None:
    async def main() -> None:
        engine = create_async_engine(fresh_url("psycopg"), pool_size=1, max_overflow=0, pool_timeout=0.1)
        try:
            async with engine.connect() as connection:
                await connection.execute(text("SELECT 1"))
                await one(engine)
        finally:
            await engine.dispose()

    with Witness():
        explanation = failed(lambda: asyncio.run(main()))
    assert explanation.kind == "pool limit reached"
    assert "the task that waits holds a connection itself" in explanation.fix


def test_all_holders_are_listed_the_longest_first(fresh_url: FreshUrl) -> None:
    engine = create_engine(fresh_url("psycopg"), pool_size=2, max_overflow=1, pool_timeout=0.1)
    ready, done = threading.Barrier(4), threading.Event()

    def hold(number: int) -> None:
        with engine.connect() as connection:
            connection.execute(text(f"SELECT {number}"))
            ready.wait()
            done.wait()

    threads = [threading.Thread(target=hold, args=(number,), name=f"holder-{number}") for number in range(3)]
    try:
        with Witness():
            for thread in threads:
                thread.start()
            ready.wait()
            explanation = failed(engine.connect)
    finally:
        done.set()
        for thread in threads:
            thread.join()
        engine.dispose()
    assert explanation.headline.startswith("all 3 connections of the pool are taken")
    assert [f"holder-{number}" in explanation.because for number in range(3)] == [True] * 3
    assert "pool_size=2, max_overflow=1" in explanation.because
    assert "holds a connection itself" not in explanation.fix


def test_holders_of_another_pool_are_not_listed(fresh_url: FreshUrl) -> None:
    url = fresh_url("psycopg")
    engine = create_engine(url, pool_size=1, max_overflow=0, pool_timeout=0.1)
    other = create_engine(url, poolclass=NullPool)
    try:
        with Witness(), other.connect() as innocent, engine.connect() as guilty:
            innocent.execute(text("SELECT 'innocent'"))
            guilty.execute(text("SELECT 'guilty'"))
            explanation = failed(engine.connect)
    finally:
        engine.dispose()
        other.dispose()
    assert "'guilty'" in explanation.because
    assert "innocent" not in explanation.because


async def hold(session: AsyncSession, started: asyncio.Event) -> None:
    started.set()
    await session.execute(text("SELECT pg_sleep(0.2)"))


async def shared(url: str, seen: list[Explanation | None]) -> None:
    """Close a session that another task begins to use; explain the error where it is caught, and again at the end."""
    engine = create_async_engine(url)
    session, started = AsyncSession(engine), asyncio.Event()
    other = asyncio.create_task(hold(session, started), name="the other")
    waits = asyncio.create_task(asyncio.sleep(1))
    try:
        await started.wait()
        try:
            await session.close()
        except Exception as error:
            seen.append(explain(error))
            await other
            seen.append(explain(error))
    finally:
        waits.cancel()
        await asyncio.gather(other, return_exceptions=True)
        await session.close()
        await engine.dispose()


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
def test_the_other_task_is_named_while_it_runs_and_its_statement_afterwards(fresh_url: FreshUrl, driver: str) -> None:
    seen: list[Explanation | None] = []
    with Witness():
        asyncio.run(shared(fresh_url(driver), seen))
    line = hold.__code__.co_firstlineno + 2
    during, after = seen
    assert during is not None
    assert after is not None
    assert during.kind == after.kind == "another operation in progress"
    assert (line, "in use here") in {(place.line, place.role) for place in during.where}
    assert "Task 'the other' is using it" in during.because
    assert (line, "its last statement") in {(place.line, place.role) for place in after.where}
    assert "pg_sleep" in after.because


@pytest.mark.parametrize(
    ("file", "told"), [("/srv/tests/test_users.py", True), ("/srv/tests/conftest.py", True), ("/srv/users.py", False)]
)
def test_scopes_of_loops_are_told_to_tests_only(file: str, told: bool) -> None:
    printed = (
        "Traceback (most recent call last):\n"
        f'  File "{file}", line 7, in create\n'
        "    await session.commit()\n"
        '  File "/srv/.venv/lib/python3.11/site-packages/sqlalchemy/ext/asyncio/session.py", line 242, in commit\n'
        "    return await greenlet_spawn(self.sync_session.commit)\n"
        "RuntimeError: Task <Task pending> got Future <Future pending> attached to a different loop\n"
    )
    [explanation] = explain_text(printed)
    assert ("asyncio_default_fixture_loop_scope" in explanation.fix) is told


def test_the_second_failure_is_told_without_a_witness_too(fresh_url: FreshUrl) -> None:
    """A live traceback shows both loops: the one that runs, and the connection's."""
    with abandoned(fresh_url("asyncpg")) as engine:
        asyncio.run(one(engine))
        with pytest.raises(RuntimeError, match="different loop"):
            asyncio.run(one(engine))
        with pytest.raises(Exception, match="another operation is in progress") as raised:
            asyncio.run(one(engine))
    explanation = explain(raised.value)
    assert explanation is not None
    assert explanation.kind == "different event loop"


def test_two_tasks_without_a_witness(fresh_url: FreshUrl) -> None:
    async def main() -> None:
        engine = create_async_engine(fresh_url("asyncpg"))
        try:
            async with engine.connect() as connection:
                slow = asyncio.create_task(connection.execute(text("SELECT pg_sleep(0.3)")))
                await asyncio.sleep(0.1)
                try:
                    await connection.rollback()
                finally:
                    await slow
                    await connection.invalidate()
        finally:
            await engine.dispose()

    assert failed(lambda: asyncio.run(main())).kind == "another operation in progress"


@pytest.mark.filterwarnings("ignore:Using `httpx`")
def test_a_response_500_of_test_client_is_remembered(fresh_url: FreshUrl) -> None:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route
    from starlette.testclient import TestClient

    with abandoned(fresh_url("asyncpg")) as engine, Witness() as witness:

        async def number(_: Request) -> PlainTextResponse:
            return PlainTextResponse(str(await one(engine)))

        client = TestClient(Starlette(routes=[Route("/", number)]), raise_server_exceptions=False)
        asyncio.run(one(engine))
        assert [client.get("/").status_code for _ in range(2)] == [500, 500]
        kinds = [one.kind for one in witness.explanations()]
    assert set(kinds) == {"TestClient's event loop"}


def test_a_session_that_a_finished_task_left_open(fresh_url: FreshUrl) -> None:
    kept: list[AsyncSession] = []

    async def forgetful(engine: AsyncEngine) -> None:
        kept.append(AsyncSession(engine))
        await kept[0].execute(text("SELECT 'forgotten'"))

    async def main() -> None:
        engine = create_async_engine(fresh_url("psycopg"), pool_size=1, max_overflow=0, pool_timeout=0.1)
        try:
            await asyncio.create_task(forgetful(engine), name="the forgetful one")
            await one(engine)
        finally:
            await kept[0].close()
            await engine.dispose()

    with Witness():
        explanation = failed(lambda: asyncio.run(main()))
    assert explanation.kind == "pool limit reached"
    assert "Task 'the forgetful one', which has ended, has held one" in explanation.because
    line = forgetful.__code__.co_firstlineno + 2
    assert f"test_event_loops.py:{line}: its task ended" in explanation.fix
