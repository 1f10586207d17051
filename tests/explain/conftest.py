"""One PostgreSQL, and an empty database of its own for each reproduction."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pgbouncer import PROGRAM, pgbouncer, through

from greenshift import trace
from greenshift.postgres import Server, ServerSettings, open_server


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    server = open_server(ServerSettings())
    yield server
    server.stop()


@pytest.fixture(scope="session")
def bouncer(server: Server) -> Iterator[Path]:
    """A PgBouncer before the server."""
    if PROGRAM is None:
        pytest.fail("this needs the program pgbouncer; install it (Debian: apt-get install pgbouncer)", pytrace=False)
    with pgbouncer(server.url("postgres", "psycopg")) as folder:
        yield folder


@pytest.fixture
def fresh_url(server: Server, request: pytest.FixtureRequest) -> Iterator[Callable[..., str]]:
    """Make an empty database and return its URL for a driver; ``extra`` is a reproduction's ``EXTRA``."""
    made: list[str] = []

    def make(driver: str, extra: object = None) -> str:
        name = f"explain_{uuid.uuid4().hex[:12]}"
        with server.connect() as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        made.append(name)
        url = server.url(name, driver)
        return through(url, request.getfixturevalue("bouncer")) if extra == "pgbouncer" else url

    yield make
    with server.connect() as connection:
        for name in made:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    before = trace.active()
    yield
    assert trace.active() == before
