"""Where the demo happens, and how much of everything it does."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from greenshift.postgres import Server

# The settings of whoever starts the demo must not reach into the example's.
_FOREIGN: Final = (
    "PYTEST_",
    "COV_",
    "COVERAGE_",
    "DATABASE_",
    "TEST_DATABASE_URL",
    "GREENSHIFT_DATABASE_URL",
    "GREENSHIFT_DRIVER",
    "GREENSHIFT_EXPLAIN",
    "JWT_",
    "WEBHOOK_URL",
    "SQLITE_PATH",
    "POOL_SIZE",
    "MAX_OVERFLOW",
    "DEBUG",
)
# Only what the example's tests use is loaded, so that other plugins of the environment change no figure. The last two
# are there because `greenshift verify` switches them off where they are installed.
_PLUGINS: Final = {
    "greenshift.testing.plugin": "greenshift",
    "pytest_asyncio.plugin": "pytest_asyncio",
    "xdist.plugin": "xdist",
    "pytest_cov.plugin": "pytest_cov",
}


@dataclass(frozen=True)
class Amounts:
    """How much is done.

    Args:
        tests: the tests that run; none for all.
        workers: the processes in which they run.
        requests: the most requests of verify's walk.
        users: the steps of load.
        seconds: how long each is measured.
        warm_up: seconds of each that count for nothing.
        rounds: how often both versions are measured.
    """

    tests: tuple[str, ...]
    workers: int
    requests: int
    users: tuple[int, ...]
    seconds: float
    warm_up: float
    rounds: int


WHOLE: Final = Amounts((), max(1, min(4, os.cpu_count() or 1)), 200, (10, 50), 4.0, 1.0, 2)
QUICK: Final = Amounts(("tests/services/test_question_service.py",), 1, 10, (2,), 0.5, 0.2, 1)


@dataclass
class Ground:
    """What the steps share.

    Args:
        folder: the demo's folder.
        before: the copy of the example as it is.
        after: the copy that is shifted.
        amounts: how much is done.
        resources: what ends with the demo.
        server: PostgreSQL, once it is started.
    """

    folder: Path
    before: Path
    after: Path
    amounts: Amounts
    resources: ExitStack = field(default_factory=ExitStack)
    server: Server | None = None

    def database_url(self, name: str, driver: str) -> str:
        """Return the URL of a database on the demo's server, with a driver.

        Args:
            name: the database.
            driver: ``psycopg`` or ``asyncpg``.
        """
        assert self.server is not None
        return self.server.url(name, driver)


@contextmanager
def own_environment() -> Iterator[None]:
    """Leave the variables out that lead to other databases, or that belong to another run of pytest."""
    saved = dict(os.environ)
    for name in saved:
        if name.startswith(_FOREIGN):
            del os.environ[name]
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.environ["PYTEST_PLUGINS"] = ",".join(name for name, package in _PLUGINS.items() if find_spec(package))
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(saved)
