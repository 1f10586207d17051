"""The isolation modes: what a test's engines are, and how the database becomes clean after it."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import psycopg
from sqlalchemy import Engine, create_engine
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from greenshift.postgres import Backend, ClonePool, Database, RewindReport
from greenshift.postgres.schemas.database import SchemaDatabase

if TYPE_CHECKING:
    from greenshift.testing.shared_connection import SharedConnection
    from greenshift.testing.sqlite import SQLiteDatabase


class Isolation(ABC):
    """How one test is kept from the next."""

    @abstractmethod
    def engine(self) -> Engine:
        """Return the sync engine of the ``db_engine`` fixture."""

    @abstractmethod
    def async_engine(self) -> AsyncEngine:
        """Return the async engine of the ``async_db_engine`` fixture."""

    @abstractmethod
    def end(self, wait: float) -> RewindReport:
        """Make the database clean for the next test.

        Args:
            wait: seconds that transactions still open are waited for before they are terminated.
        """

    def before_keep(self) -> None:
        """Make the test's data lasting, since its database is about to be kept."""

    def take_problems(self) -> list[str]:
        """Return, once, what this mode found that the test did wrong."""
        return []

    def let_go(self) -> None:
        """Give up connections of our own, since the database is about to be replaced."""

    def close(self) -> None:
        """Give up everything, at the end of the run."""


class RewindIsolation(Isolation):
    """Real commits on any number of connections, undone afterwards."""

    def __init__(
        self, database: Database | SchemaDatabase | SQLiteDatabase, driver: str, sync_driver: str = "psycopg"
    ) -> None:
        self.database = database
        self._driver = driver
        self._sync_driver = sync_driver
        self._engine: Engine | None = None
        self._async_engine: AsyncEngine | None = None

    def engine(self) -> Engine:
        if self._engine is None:
            self._engine = create_engine(self.database.url(self._sync_driver))
        return self._engine

    def async_engine(self) -> AsyncEngine:
        if self._async_engine is None:
            self._async_engine = create_async_engine(self.database.url(self._driver))
        return self._async_engine

    def end(self, wait: float) -> RewindReport:
        return self.database.rewind(wait=wait)

    def close(self) -> None:
        if self._engine is not None:
            self._engine.dispose()
        if self._async_engine is not None:
            self._async_engine.sync_engine.dispose(close=False)


class CloneIsolation(RewindIsolation):
    """A fresh clone a test, taken from a pool that is warmed in the background, under the same URL."""

    database: Database

    def __init__(self, database: Database, driver: str, clones: ClonePool) -> None:
        super().__init__(database, driver)
        self._clones = clones

    def end(self, wait: float) -> RewindReport:
        started = time.perf_counter()
        report = RewindReport(terminated=wait_for_idle(self.database, wait))
        self._clones.discard(self.database.replace_with(self._clones.take()))
        report.seconds = time.perf_counter() - started
        return report

    def close(self) -> None:
        super().close()
        self._clones.close()


def wait_for_idle(database: Database, wait: float) -> list[Backend]:
    """Wait until no session is in a transaction, at most ``wait`` seconds; return those that still are."""
    deadline = time.monotonic() + wait
    while True:
        busy = [backend for backend in database.connections() if backend.in_transaction]
        if not busy or time.monotonic() >= deadline:
            return busy
        time.sleep(0.005)


class RollbackIsolation(Isolation):
    """One connection in one transaction, shared by the sync and the async engine, and rolled back."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._shared: SharedConnection | None = None
        # Kept from test to test, because a new engine compiles every statement anew.
        self._engine: Engine | None = None
        self._async_engine: AsyncEngine | None = None
        self._problems: list[str] = []

    def _connection(self) -> SharedConnection:
        if self._shared is None:
            from greenshift.testing.shared_connection import SharedConnection

            self._shared = SharedConnection(self.database.url())
        return self._shared

    def engine(self) -> Engine:
        if self._engine is None:
            self._engine = self._connection().engine()
        return self._engine

    def async_engine(self) -> AsyncEngine:
        if self._async_engine is None:
            self._async_engine = self._connection().async_engine()
        return self._async_engine

    def end(self, wait: float) -> RewindReport:
        if self._shared is not None:
            self._problems += self._shared.rollback().problems
        # Sequences do not roll back, and the application's own engine may have committed.
        return self.database.rewind(wait=wait)

    def before_keep(self) -> None:
        if self._shared is None:
            return
        try:
            self._shared.persist()
        except psycopg.Error as error:  # a deferred constraint, for example
            self._problems.append(f"what this test wrote could not be committed, and so not kept: {error}".strip())

    def take_problems(self) -> list[str]:
        taken, self._problems = self._problems, []
        return taken

    def let_go(self) -> None:
        if self._shared is not None:
            self._shared.close()
        self._shared = self._engine = self._async_engine = None

    def close(self) -> None:
        self.let_go()
