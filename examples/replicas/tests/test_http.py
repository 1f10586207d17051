"""A user's requests: the position of his last write goes with him, in a cookie or a header."""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator

import httpx
import pytest
from conftest import Sent, reached
from greenshift.postgres import ReplicaServer
from httpx import ASGITransport, AsyncClient

from board.async_app import create_async_app
from board.sync_app import create_sync_app
from routing import Databases, Position
from routing.position import UNKNOWN

COOKIE = "database_position"
HEADER = "X-Database-Position"


@pytest.fixture(params=["sync", "async"])
async def flavour(request: pytest.FixtureRequest) -> str:
    flavour: str = request.param
    return flavour


@pytest.fixture
async def transport(flavour: str, databases: Databases, async_databases: Databases) -> ASGITransport:
    app = create_sync_app(databases) if flavour == "sync" else create_async_app(async_databases)
    return ASGITransport(app)


@pytest.fixture
def log(flavour: str, sent: Sent, async_sent: Sent) -> Sent:
    return sent if flavour == "sync" else async_sent


@pytest.fixture
async def user(transport: ASGITransport) -> AsyncIterator[AsyncClient]:
    """A browser: it keeps its cookies."""
    async with AsyncClient(transport=transport, base_url="http://board.test") as client:
        yield client


@pytest.fixture
async def other(transport: ASGITransport) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(transport=transport, base_url="http://board.test") as client:
        yield client


async def titles(client: AsyncClient, **options: dict[str, str]) -> list[str]:
    response = await client.get("/articles", **options)  # type: ignore[arg-type]
    assert response.status_code == 200
    return [article["title"] for article in response.json()]


def created(response: httpx.Response) -> dict[str, object]:
    assert response.status_code == 201, response.text
    article: dict[str, object] = response.json()
    return article


async def test_what_users_write_they_see(
    user: AsyncClient, other: AsyncClient, replica: ReplicaServer, log: Sent
) -> None:
    with replica.paused():
        created(await user.post("/articles", json={"title": "Second", "author": "Grace"}))
        assert set(log()) == {"primary"}
        assert await titles(user) == ["First", "Second"]
        assert log() == ["primary"]
        # Nobody else pays for it.
        assert await titles(other) == ["First"]
        assert log() == ["replica"]
    replica.wait_for()
    assert await titles(user) == ["First", "Second"]
    assert await titles(other) == ["First", "Second"]
    assert log() == ["replica", "replica"]


async def test_a_page_after_a_comment(user: AsyncClient, replica: ReplicaServer, article: int) -> None:
    with replica.paused():
        created(await user.post(f"/articles/{article}/comments", json={"text": "Indeed"}))
        page = (await user.get(f"/articles/{article}")).json()
        assert [comment["text"] for comment in page["comments"]] == ["Nice", "Indeed"]


async def test_changes_read_the_newest_state(
    user: AsyncClient, other: AsyncClient, replica: ReplicaServer, article: int
) -> None:
    with replica.paused():
        for client in (user, other, user):
            assert (await client.post(f"/articles/{article}/votes")).status_code == 200
        assert (await user.get(f"/articles/{article}")).json()["votes"] == 3
        assert (await other.get(f"/articles/{article}")).json()["votes"] == 3
        # An article that the replica does not have yet, commented on by somebody who did not write it.
        number = created(await user.post("/articles", json={"title": "Second", "author": "Ada"}))["id"]
        created(await other.post(f"/articles/{number}/comments", json={"text": "At once"}))


async def test_the_cookie(user: AsyncClient, replica: ReplicaServer) -> None:
    assert "set-cookie" not in (await user.get("/articles")).headers
    before = reached(replica)
    response = await user.post("/articles", json={"title": "Second", "author": "Ada"})
    position = response.headers[HEADER]
    assert before < Position.parse(position) <= Position.parse(replica.primary.position())
    assert response.headers["set-cookie"] == f"{COOKIE}={position}; Max-Age=60; Path=/; HttpOnly; SameSite=Lax"
    assert "set-cookie" not in (await user.get("/articles")).headers


async def test_the_header_is_for_clients_without_cookies(
    user: AsyncClient, other: AsyncClient, replica: ReplicaServer
) -> None:
    with replica.paused():
        response = await user.post("/articles", json={"title": "Second", "author": "Ada"})
        position = {HEADER: response.headers[HEADER]}
        assert await titles(other, headers=position) == ["First", "Second"]
        assert await titles(other) == ["First"]


async def test_the_later_of_both_counts(user: AsyncClient, replica: ReplicaServer) -> None:
    with replica.paused():
        await user.post("/articles", json={"title": "Second", "author": "Ada"})
        assert await titles(user, headers={HEADER: "0/1"}) == ["First", "Second"]


@pytest.mark.parametrize("nonsense", ["", "x", "1", "0/", "/0", "1/2/3", "-1/0", "0/FFFFFFFFF", "0/1'; --", "٣/٣"])
async def test_nonsense_is_ignored(user: AsyncClient, log: Sent, nonsense: str) -> None:
    # Latin-1 and UTF-8 are both sent by clients.
    headers = httpx.Headers({HEADER: nonsense, "Cookie": f"{COOKIE}={nonsense}"}, encoding="utf-8")
    assert await titles(user, headers=headers) == ["First"]  # type: ignore[arg-type]
    assert log() == ["replica"]


async def test_a_position_from_elsewhere_reads_the_primary(user: AsyncClient, log: Sent) -> None:
    assert await titles(user, headers={HEADER: str(UNKNOWN)}) == ["First"]
    assert log() == ["primary"]


async def test_as_a_server_runs_it(replica: ReplicaServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", replica.primary.url(driver="asyncpg"))
    monkeypatch.setenv("REPLICA_URLS", f"{replica.url(driver='asyncpg')},postgresql+asyncpg://nobody@127.0.0.1:1/x")
    main = importlib.import_module("board.main")
    try:
        async with AsyncClient(transport=ASGITransport(main.app), base_url="http://board.test") as client:
            for _ in range(3):
                assert await titles(client) == ["First"]
    finally:
        for engine in (main.primary, *main.replicas):
            await engine.dispose()
    assert [replica.state.reason for replica in main.databases.replicas] == [
        None,
        "it does not answer: ConnectionRefusedError",
    ]


async def test_requests_that_fail(user: AsyncClient) -> None:
    response = await user.get("/articles/77")
    assert (response.status_code, HEADER in response.headers) == (404, False)
    # Whether it wrote before it failed is not looked into: a position too many does no harm.
    response = await user.post("/articles/77/votes")
    assert (response.status_code, HEADER in response.headers) == (404, True)
