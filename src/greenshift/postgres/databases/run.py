"""Who uses a server: one run, the databases it made, and what dead runs left behind."""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import TypeVar

import psycopg
from psycopg import sql

from greenshift.postgres.databases.dropping import drop_marked
from greenshift.postgres.databases.listing import list_databases
from greenshift.postgres.databases.marker import Kind, Marker, lock_key
from greenshift.postgres.errors import DatabaseError, ForeignDatabaseError
from greenshift.postgres.server import Server

Connection = psycopg.Connection[tuple[object, ...]]
Result = TypeVar("Result")
# A run that has just lost its connection takes its lock again; nothing younger than this is believed to be dead.
REAP_AFTER_SECONDS = 60.0


class Run:
    """One use of a server by one program, or by several processes that share an identifier.

    It holds an advisory lock in the maintenance database for as long as it lives. The lock goes with the process,
    however that ends; databases whose run holds no lock any more are leftovers, which ``reap`` drops.

    Use ``Run.start``; a context manager that ends with ``close``.
    """

    def __init__(self, server: Server, identifier: str) -> None:
        self.server = server
        self.id = identifier
        self._process = os.getpid()
        self._names: set[str] = set()
        self._mutex = threading.RLock()
        self._closed = False
        self._connection = self._connect()
        row = self._connection.execute("SELECT pg_catalog.clock_timestamp()").fetchone()
        now = row[0] if row else None
        self._clock = (now if isinstance(now, datetime) else datetime.now(UTC), time.monotonic())

    @classmethod
    def start(cls, server: Server, identifier: str | None = None) -> Run:
        """Begin a run.

        Args:
            server: the server to use.
            identifier: the run to join, as other processes of it know it; None begins a new one.

        Raises:
            DatabaseError: the server cannot be reached.
        """
        try:
            return cls(server, identifier or secrets.token_hex(4))
        except psycopg.Error as error:
            raise DatabaseError(
                f"cannot begin a run on the server: {str(error).strip().splitlines()[0]}",
                "check that the server is up and that this role may connect to its maintenance database",
            ) from error

    def marker(self, kind: Kind, *, label: str = "", template: str = "", complete: bool = True) -> Marker:
        """Return the marker for a database that this run makes now."""
        return Marker(kind, self.id, self.now(), complete, label, template)

    def now(self) -> datetime:
        """Return the time by the server's clock, without asking the server."""
        start, reading = self._clock
        return start + timedelta(seconds=time.monotonic() - reading)

    def execute(self, *statements: sql.Composed | sql.SQL) -> None:
        """Send statements to the maintenance database at once; those after one that fails are not carried out.

        They are written in one go, so that no end of this process leaves a database created but not marked.

        Raises:
            psycopg.Error: the first statement that fails.
        """
        self._with_connection(lambda connection: _send(connection, statements))

    def query(self, statement: sql.Composed | sql.SQL, parameters: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
        """Ask the maintenance database and return the rows."""
        return self._with_connection(lambda connection: connection.execute(statement, parameters).fetchall())

    def adopt(self, name: str) -> None:
        """Note a database as this process's own, to be dropped when the run closes."""
        with self._mutex:
            self._names.add(name)

    def release(self, name: str) -> None:
        """Forget a database: it was dropped, or it is to stay."""
        with self._mutex:
            self._names.discard(name)

    def drop(self, name: str) -> None:
        """Drop one database of this run, whoever is connected to it.

        Raises:
            ForeignDatabaseError: it carries no marker.
            DatabaseError: it cannot be dropped.
        """
        self._with_connection(lambda connection: drop_marked(self.server, connection, name))
        self.release(name)

    def close(self) -> None:
        """Drop the databases that this process made in the run, and let go of the server. Safe to call twice.

        In a forked child it does nothing: the databases are the parent's.
        """
        if self._closed or os.getpid() != self._process:
            return
        self._closed = True
        for name in sorted(self._names):
            # What cannot be dropped now is dropped by the next run's reap.
            with suppress(DatabaseError, psycopg.Error):
                self.drop(name)
        self._connection.close()

    def __enter__(self) -> Run:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _with_connection(self, action: Callable[[Connection], Result]) -> Result:
        with self._mutex:
            # In a forked child the connection is the parent's: left alone, and replaced.
            if self._connection.closed or os.getpid() != self._connected_in:
                self._connection = self._connect()
            try:
                return action(self._connection)
            except psycopg.OperationalError:
                if not self._connection.closed:
                    raise
                # A test may end every session of the server; the run goes on with a new one.
                self._connection = self._connect()
                return action(self._connection)

    def _connect(self) -> Connection:
        connection = self.server.connect(application_name="greenshift run")
        self._connected_in = os.getpid()
        # Shared: every process of the run holds it, and a reaper asks for it exclusively.
        connection.execute("SELECT pg_catalog.pg_advisory_lock_shared(%s)", (lock_key(f"run {self.id}"),))
        return connection


def _send(connection: Connection, statements: tuple[sql.Composed | sql.SQL, ...]) -> None:
    # One synchronisation for all: what follows a failed statement is not carried out.
    with connection.pipeline():
        for statement in statements:
            connection.execute(statement)


def reap(server: Server, older_than: float = REAP_AFTER_SECONDS) -> list[str]:
    """Drop what dead runs left on a server, and return the names of what was dropped.

    Left alone: databases without marker, kept ones, finished templates, anything of a run that still holds its lock,
    and anything younger than ``older_than`` seconds.

    Args:
        server: the server to clean.
        older_than: the age in seconds, by the server's clock, below which nothing is touched.

    Raises:
        psycopg.Error: the server cannot be reached.
    """
    dropped: list[str] = []
    with server.connect(application_name="greenshift reap") as connection:
        row = connection.execute("SELECT pg_catalog.clock_timestamp()").fetchone()
        now = row[0] if row and isinstance(row[0], datetime) else datetime.now(UTC)
        for database in list_databases(server, connection=connection):
            marker = database.marker
            if marker.kind == "kept" or (marker.kind == "template" and marker.complete):
                continue
            if (now - marker.created).total_seconds() < older_than:
                continue
            key = lock_key(f"run {marker.run}")
            taken = connection.execute("SELECT pg_catalog.pg_try_advisory_lock(%s)", (key,)).fetchone()
            if not taken or not taken[0]:
                continue
            try:
                drop_marked(server, connection, database.name)
                dropped.append(database.name)
            except (DatabaseError, ForeignDatabaseError):
                # Another reaper was quicker, or somebody uses it in a way that forbids dropping; next time.
                pass
            finally:
                connection.execute("SELECT pg_catalog.pg_advisory_unlock(%s)", (key,))
    return dropped
