"""A PostgreSQL of the tests' own, on a socket."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from greenshift.postgres import Server, ServerSettings, open_server


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    server = open_server(ServerSettings(settings={"max_connections": "40", "superuser_reserved_connections": "4"}))
    yield server
    server.stop()
