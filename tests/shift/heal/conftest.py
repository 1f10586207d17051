"""The shop on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from shift.heal.broken_shop import Shop

from greenshift.application.interpreter import Interpreter
from greenshift.postgres import Server, ServerSettings, open_server
from greenshift.shift.heal import running
from greenshift.shift.verify.running.interpreter import opened


@pytest.fixture(scope="session")
def heal_server() -> Iterator[Server]:
    server = open_server(ServerSettings(provider="embedded"))
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PYTEST_ADDOPTS", "DATABASE_URL", "GREENSHIFT_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in [name for name in os.environ if name.startswith("PYTEST_XDIST")]:
        monkeypatch.delenv(name)
    # The tests of the shop need no other plugins, and all that are installed take a second or two to import each time.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_PLUGINS", "pytest_asyncio.plugin,xdist.plugin,pytest_cov.plugin")


@pytest.fixture(scope="session")
def this_interpreter() -> Iterator[Interpreter]:
    with opened(Path(sys.executable)) as found:
        yield found


@pytest.fixture
def looked_at(this_interpreter: Interpreter, monkeypatch: pytest.MonkeyPatch) -> None:
    """The interpreter is looked at once for all tests: it is the same, and that takes seconds."""
    monkeypatch.setattr(running, "opened", lambda _: nullcontext(this_interpreter))
    monkeypatch.setattr(running, "_has_libcst", lambda *_: True)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The shop on SQLite."""
    monkeypatch.setenv("SHOP_DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path / 'shop.db'}")
    return Shop(tmp_path / "tree")


@pytest.fixture
def postgresql_shop(tmp_path: Path, heal_server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """The shop on PostgreSQL."""
    name = f"heal_{uuid.uuid4().hex[:12]}"
    with heal_server.connect() as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    monkeypatch.setenv("SHOP_DATABASE_URL", heal_server.url(name, "asyncpg"))
    yield Shop(tmp_path / "tree")
    with heal_server.connect() as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
