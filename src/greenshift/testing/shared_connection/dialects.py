"""psycopg's dialect over logical connections, sync and async.

The only module that leans on how SQLAlchemy's asyncio bridge works: ``await_only`` (which other dialects outside
SQLAlchemy use as well) and ``_async_soft_close``, which its asyncio extension calls on a cursor.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from sqlalchemy import URL
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.util.concurrency import await_only

from greenshift.testing.shared_connection.cursor import LogicalCursor
from greenshift.testing.shared_connection.dbapi import LogicalConnection, wait_blocking

if TYPE_CHECKING:
    from greenshift.testing.shared_connection.shared import SharedConnection

T = TypeVar("T")

DRIVER = "greenshift"
"""The driver's name in the URL of an engine on a shared connection: ``postgresql+greenshift://``."""


class SharedDialect(PGDialect_psycopg):
    """psycopg's dialect, its connections being logical ones on a shared connection."""

    supports_statement_cache = True
    # Closing never waits, so that connections lost to the garbage collector can be closed in asyncio as well.
    has_terminate = True

    @classmethod
    def get_async_dialect_cls(cls, url: URL) -> type[AsyncSharedDialect]:
        """Return the dialect for ``create_async_engine``."""
        return AsyncSharedDialect

    def connect(self, *_: Any, **parameters: Any) -> Any:
        """Open a logical connection on ``parameters["shared_connection"]``."""
        return LogicalConnection(parameters["shared_connection"], wait_blocking, parameters.get("context"))

    def do_terminate(self, dbapi_connection: Any) -> None:
        """Close a logical connection."""
        dbapi_connection.close()

    def get_driver_connection(self, connection: Any) -> Any:
        """Return psycopg's connection."""
        return connection.real_connection


class AsyncSharedDialect(SharedDialect):
    """The same for asyncio: statements are awaited while the shared connection's thread executes them."""

    supports_statement_cache = True
    is_async = True

    @classmethod
    def import_dbapi(cls) -> ModuleType:
        """Return psycopg; its exceptions are the ones that users see."""
        return psycopg

    def connect(self, *_: Any, **parameters: Any) -> Any:
        """Open a logical connection on ``parameters["shared_connection"]``."""
        return AsyncLogicalConnection(parameters["shared_connection"], wait_in_greenlet, parameters.get("context"))


class AsyncLogicalConnection(LogicalConnection):
    """A logical connection inside SQLAlchemy's greenlet; the driver's connection is psycopg's sync one."""

    def cursor(self, name: str | None = None, **options: Any) -> AsyncLogicalCursor:
        """Open a cursor; with a name, one that stays on the server."""
        self._check_open()
        return AsyncLogicalCursor(self, name, options)


class AsyncLogicalCursor(LogicalCursor):
    """A cursor inside SQLAlchemy's greenlet."""

    async def _async_soft_close(self) -> None:
        # Rows are in memory already; nothing to let go of.
        return


def wait_in_greenlet(shared: SharedConnection, job: Callable[[], T]) -> T:
    """Await a job from inside SQLAlchemy's greenlet.

    Raises:
        sqlalchemy.exc.MissingGreenlet: called outside of it; the job is not started then.
    """

    async def result() -> T:
        future = shared.submit(job)
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            shared.abandon(future)
            raise

    return await_only(result())


registry.register(f"postgresql.{DRIVER}", __name__, SharedDialect.__name__)
