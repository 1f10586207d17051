"""One PostgreSQL server for the tests of verify; and the bookshop's state before, run once for each database."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from bookshop import Shop

from greenshift.application.interpreter import Interpreter
from greenshift.postgres import ServerSettings, open_server
from greenshift.shift.verify import verification
from greenshift.shift.verify.running.interpreter import opened

# What the bookshop's tests and the options given to pytest need; all plugins that are installed take a second or two to
# import each time.
FEW_PLUGINS = {
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    "PYTEST_PLUGINS": "pytest_asyncio.plugin,xdist.plugin,pytest_cov.plugin",
}


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "GREENSHIFT_DRIVER", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in FEW_PLUGINS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    server = open_server(ServerSettings(provider="embedded"))
    yield server.url()
    server.stop()


@pytest.fixture
def one_server(server_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets ``verify`` use the server that is up already."""
    monkeypatch.setenv("GREENSHIFT_DATABASE_URL", server_url)


@pytest.fixture(scope="session")
def interpreter() -> Iterator[Interpreter]:
    with opened(Path(sys.executable)) as found:
        yield found


@pytest.fixture
def looked_at(interpreter: Interpreter, monkeypatch: pytest.MonkeyPatch) -> None:
    """The interpreter is looked at once for all tests: it is the same, and that takes a second."""
    monkeypatch.setattr(verification, "opened", lambda _: nullcontext(interpreter))


@pytest.fixture(scope="session")
def shop(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, interpreter: Interpreter
) -> Iterator[Shop]:
    url = request.getfixturevalue("server_url") if request.param == "postgresql" else None
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name in ("DATABASE_URL", "GREENSHIFT_DRIVER", "PYTEST_ADDOPTS"):
            monkeypatch.delenv(name, raising=False)
        for name, value in FEW_PLUGINS.items():
            monkeypatch.setenv(name, value)
        shop = Shop(request.param, tmp_path_factory.mktemp(request.param), interpreter, url)
    yield shop
    shop.close()
