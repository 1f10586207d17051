"""PostgreSQL restarted while the services run: they recover through `pool_pre_ping`, and nothing is lost."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal
from uuid import uuid4

import httpx
import pytest_asyncio
import websockets
from sqlalchemy.ext.asyncio import create_async_engine

from auth_service import create_tables as auth_tables
from backend import create_tables as backend_tables
from tests.end_to_end.conditions import until
from tests.end_to_end.people import Person, http_client, person
from tests.end_to_end.postgres_server import RestartableServer, restartable_server
from tests.end_to_end.services import PLATFORM, platform, serving, variant_of_the_backend

USERS = 50
POOL_SIZE = 5  # the settings' pool_size
MORE = 2  # messages that each user sends before a restart, and again after it
RETRY_SECONDS = 0.05

PIDS = "SELECT pid FROM pg_stat_activity WHERE application_name = 'platform-backend'"
STATES = "SELECT state FROM pg_stat_activity WHERE application_name = 'platform-backend'"


@pytest_asyncio.fixture
async def server() -> AsyncIterator[RestartableServer]:
    """A server with the tables of both services."""
    with restartable_server() as server:
        await server.start()
        engine = create_async_engine(server.url)
        await auth_tables.create_tables(engine)
        await backend_tables.create_tables(engine)
        yield server


async def send_until_acknowledged(user: Person, text: str, client: httpx.AsyncClient | None) -> None:
    """Send a message, again and again under the same key, until the backend says that it is stored."""
    key = str(uuid4())
    while True:
        try:
            stored = await (user.send(text, key) if client is None else user.post(client, text, key))
        except (websockets.ConnectionClosed, websockets.InvalidStatus, httpx.HTTPStatusError) as refusal:
            if not says_come_again(refusal):
                raise
            user.failures += 1
            await user.leave()
            await asyncio.sleep(RETRY_SECONDS)
        else:
            assert (stored["key"], stored["text"]) == (key, text)
            user.acknowledged.append(text)
            return


def says_come_again(refusal: Exception) -> bool:
    """Tell whether the backend said that its database is away, and nothing else went wrong."""
    if isinstance(refusal, websockets.ConnectionClosed):
        return refusal.rcvd is not None and refusal.rcvd.code == 1013
    assert isinstance(refusal, websockets.InvalidStatus | httpx.HTTPStatusError)
    return refusal.response.status_code == 503


async def test_restarts_under_load_lose_nothing(server: RestartableServer, tmp_path: Path) -> None:
    enough = asyncio.Event()

    async def write(user: Person, client: httpx.AsyncClient) -> None:
        while not enough.is_set():
            number = len(user.acknowledged)
            over_http = client if number % 2 else None
            await send_until_acknowledged(user, f"Message {number} of {user.email}", over_http)

    async def everybody_writes_more() -> None:
        so_far = [len(user.acknowledged) for user in users]
        await until(
            lambda: all(len(user.acknowledged) >= had + MORE for user, had in zip(users, so_far, strict=True)),
            "more messages of everybody",
        )

    async def restart(how: Literal["fast", "immediate"]) -> None:
        connections = backend_pids(server)
        started = server.ask("SELECT pg_postmaster_start_time()")
        failures = sum(user.failures for user in users)
        await server.stop(how)
        # Not before the backend has met the server's absence: a conversation was cut, or a request refused.
        await until(lambda: sum(user.failures for user in users) > failures, "a refusal")
        await server.start()
        await everybody_writes_more()
        assert server.ask("SELECT pg_postmaster_start_time()") > started
        assert connections.isdisjoint(backend_pids(server))

    async with http_client() as client:
        with platform(server.url, tmp_path) as (auth, backend):
            users = await asyncio.gather(
                *(person(f"user{number}@platform.test", auth, backend, client) for number in range(USERS))
            )
            async with asyncio.TaskGroup() as load:
                for user in users:
                    load.create_task(write(user, client))
                await everybody_writes_more()
                await restart("fast")
                assert "automatic recovery in progress" not in server.log()
                await restart("immediate")
                assert "automatic recovery in progress" in server.log()
                enough.set()

            kept = await asyncio.gather(*(user.messages(client) for user in users))
            await connections_are_back_to_normal(server)
            await asyncio.gather(*(user.leave() for user in users))

            # Everybody finds what was acknowledged, once and in the order of sending, and nothing else.
            assert kept == [user.acknowledged for user in users]
            total = sum(map(len, kept))
            assert backend.sent("INSERT INTO messages", "backend/messages.py") >= total
            assert backend.sent("SELECT users.id", "backend/authentication.py") >= total // 2
    stored = Counter(server.ask("SELECT email, text FROM messages JOIN users ON users.id = author_id"))
    assert stored == Counter((user.email, text) for user in users for text in user.acknowledged)
    await until(lambda: backend_pids(server) == set(), "no connection of a service that has ended")


def backend_pids(server: RestartableServer) -> set[object]:
    """Return the server's processes behind the backend's pool."""
    return {pid for (pid,) in server.ask(PIDS)}


async def connections_are_back_to_normal(server: RestartableServer) -> None:
    """Wait until the pool has given up what it opened beyond its size, and every connection of it is idle."""

    def normal() -> bool:
        states = server.ask(STATES)
        return 1 <= len(states) <= POOL_SIZE and set(states) == {("idle",)}

    await until(normal, "idle connections, no more than the pool's size")


async def test_it_is_the_pre_ping_that_recovers(server: RestartableServer, tmp_path: Path) -> None:
    """The backend beside one that differs in `pool_pre_ping=False` only: who answers the first request?"""
    module = (PLATFORM / "backend" / "database.py").read_text(encoding="utf-8")
    assert "pool_pre_ping=True," in module
    folder = variant_of_the_backend(tmp_path, module.replace("pool_pre_ping=True,", "pool_pre_ping=False,"))
    async with http_client() as client:
        with (
            platform(server.url, tmp_path) as (auth, with_pre_ping),
            serving("backend.main:app", server.url, tmp_path / "without", folder) as starting,
        ):
            without = starting.listening()
            anna = await person("anna@platform.test", auth, with_pre_ping, client)

            async def statuses() -> list[int]:
                return [
                    (await client.get(f"{backend.url}/messages", headers=anna.headers)).status_code
                    for backend in (with_pre_ping, without)
                ]

            assert await statuses() == [200, 200]
            # A request's session is closed after its answer is sent; then the connections lie in the pools.
            await until(lambda: server.ask(STATES) == [("idle",)] * 2, "two idle connections")
            await server.stop()
            await server.start()
            assert await statuses() == [200, 503]
            # The failure has emptied the pool: from the second request on it works again.
            assert await statuses() == [200, 200]
            assert with_pre_ping.sent("SELECT users.id", "backend/authentication.py") == 3
            assert without.sent("SELECT users.id", "backend/authentication.py") == 2
