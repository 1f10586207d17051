"""One PostgreSQL, and an empty database of its own for each reproduction."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator

import pytest

from greenshift import trace
from greenshift.postgres import Server, ServerSettings, open_server


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    server = open_server(ServerSettings())
    yield server
    server.stop()


@pytest.fixture
def fresh_url(server: Server) -> Iterator[Callable[[str], str]]:
    """Make an empty database and return its URL for a driver."""
    made: list[str] = []

    def make(driver: str) -> str:
        name = f"explain_{uuid.uuid4().hex[:12]}"
        with server.connect() as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        made.append(name)
        return server.url(name, driver)

    yield make
    with server.connect() as connection:
        for name in made:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    before = trace.active()
    yield
    assert trace.active() == before
