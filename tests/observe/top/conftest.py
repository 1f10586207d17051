"""Servers to watch, and scenes on them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from greenshift.postgres import Server, ServerSettings, open_server


@pytest.fixture(scope="session")
def installed_server() -> Iterator[Server]:
    """The machine's PostgreSQL with pg_stat_statements, and a role that may not see what others do."""
    preloaded = {"shared_preload_libraries": "pg_stat_statements", "deadlock_timeout": "60s"}
    server = open_server(ServerSettings(provider="installed", settings=preloaded))
    with server.connect() as connection:
        connection.execute("CREATE EXTENSION pg_stat_statements")
        connection.execute("CREATE ROLE poor LOGIN")
        connection.execute("CREATE TABLE accounts (id int PRIMARY KEY, balance int)")
        connection.execute("INSERT INTO accounts SELECT number, 0 FROM generate_series(1, 10) AS number")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def embedded_server() -> Iterator[Server]:
    """PostgreSQL 18 without pg_stat_statements."""
    server = open_server(ServerSettings(provider="embedded"))
    with server.connect() as connection:
        connection.execute("CREATE TABLE accounts (id int PRIMARY KEY, balance int)")
        connection.execute("INSERT INTO accounts SELECT number, 0 FROM generate_series(1, 10) AS number")
    yield server
    server.stop()


@pytest.fixture(params=["installed_server", "embedded_server"])
def server(request: pytest.FixtureRequest) -> Server:
    chosen: Server = request.getfixturevalue(request.param)
    return chosen


@pytest.fixture(autouse=True)
def _eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
