"""One PostgreSQL for the proxy's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from greenshift.postgres import Server, ServerSettings, open_server


@pytest.fixture(scope="session")
def delay_server() -> Iterator[Server]:
    server = open_server(ServerSettings(provider="embedded", settings={"max_connections": "260"}))
    yield server
    server.stop()
