"""Rollback mode: one transaction that sync and async engines share and that never commits."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg

from greenshift.postgres.errors import DatabaseError
from greenshift.testing.shared_connection.engines import make_async_engine, make_engine
from greenshift.testing.shared_connection.owner import Owner
from greenshift.testing.shared_connection.transaction import SharedTransaction

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.ext.asyncio import AsyncEngine

T = TypeVar("T")


@dataclass(frozen=True)
class RollbackReport:
    """What happened when the shared transaction was rolled back.

    Args:
        seconds: how long it took.
        problems: what went wrong in the test, also where SQLAlchemy only logged it: a rollback that could not be done
            because another session had written since, or a statement that ended the transaction; one line each.
        committed: whether something ended the transaction for real, so that the database may hold the test's rows.
    """

    seconds: float
    problems: tuple[str, ...] = ()
    committed: bool = False


class SharedConnection:
    """One connection in one transaction, handed out to any number of sync and async engines.

    Every connection that an engine opens is a logical one, with a logical transaction of its own: its commit keeps
    what it wrote inside the shared transaction, where all others see it at once, and its rollback undoes it.

    Args:
        conninfo: a libpq connection string or URL (``postgresql://...``) of the database.

    Raises:
        DatabaseError: the database cannot be reached.
    """

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        try:
            self.transaction = SharedTransaction(conninfo)
        except psycopg.OperationalError as error:
            raise _unreachable(error) from error
        self._owner = Owner(lambda: self.transaction.connection.cancel_safe(timeout=1.0))
        self._closed = False

    def engine(self, **options: Any) -> Engine:
        """Make a sync engine whose connections share the transaction.

        Args:
            options: what ``sqlalchemy.create_engine`` takes, except for the pool.
        """
        return make_engine(self, self._conninfo, options)

    def async_engine(self, **options: Any) -> AsyncEngine:
        """Make an async engine whose connections share the transaction, for any number of loops.

        Args:
            options: what ``sqlalchemy.ext.asyncio.create_async_engine`` takes, except for the pool.
        """
        return make_async_engine(self, self._conninfo, options)

    def rollback(self) -> RollbackReport:
        """Undo everything since the last rollback; logical connections still open can't be used any more.

        A statement that still runs is cancelled, so that this does not wait for it.

        Raises:
            DatabaseError: the connection was lost and the database cannot be reached any more.
        """
        started = time.perf_counter()
        transaction = self.transaction
        # At once, so that what is queued already finds itself too late.
        transaction.epoch += 1
        try:
            self._owner.urgently(transaction.restart)
        except psycopg.OperationalError as error:
            raise _unreachable(error) from error
        problems, transaction.problems = tuple(transaction.problems), []
        committed, transaction.committed = transaction.committed, False
        return RollbackReport(time.perf_counter() - started, problems, committed)

    def persist(self) -> None:
        """Commit for real, so that a failed test's data can be kept; what is still open in a session is kept as well.

        Logical connections still open can't be used any more.

        Raises:
            psycopg.Error: a deferred constraint is violated, or the connection was lost.
        """
        self.transaction.epoch += 1
        self._owner.urgently(self.transaction.persist)

    def close(self) -> None:
        """Roll back and close the connection. Safe to call twice."""
        if self._closed:
            return
        self._closed = True
        self.transaction.epoch += 1
        self._owner.urgently(self.transaction.connection.close)
        self._owner.stop()

    def submit(self, job: Callable[[], T]) -> Future[T]:
        """Queue a job for the connection's own thread."""
        return self._owner.submit(job)

    def abandon(self, future: Future[Any]) -> None:
        """Give up a job whose caller was cancelled."""
        self._owner.abandon(future)


def _unreachable(error: psycopg.OperationalError) -> DatabaseError:
    words = str(error).strip().split("\n")[0]
    return DatabaseError(
        f"the database for isolation = 'rollback' cannot be reached: {words}", "check that its server runs"
    )
