"""The sessions connected to a database: who they are, and how to end them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass

from psycopg import Connection, sql

from greenshift.postgres.errors import DatabaseError

# How long one session may take to end once it was told to, in seconds.
TERMINATION_SECONDS = 5.0


@dataclass(frozen=True)
class Backend:
    """One session, or one prepared transaction, seen on the server.

    Args:
        pid: the process number of its backend; 0 for a prepared transaction.
        state: ``active``, ``idle``, ``idle in transaction``... or ``prepared``.
        query: the statement it runs, or ran last; for a prepared transaction its identifier.
        application_name: what the client calls itself.
        transaction_seconds: how long its transaction has been open; None where there is none.
        query_seconds: how long ago that statement began; None where unknown.
        prepared: the identifier of a prepared transaction, or None.
    """

    pid: int
    state: str
    query: str
    application_name: str
    transaction_seconds: float | None
    query_seconds: float | None = None
    prepared: str | None = None

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open in it, or a statement runs."""
        return self.state not in ("idle", "starting")

    def __str__(self) -> str:
        if self.prepared is not None:
            return f"prepared transaction {self.prepared!r}"
        name = f" ({self.application_name})" if self.application_name else ""
        open_for = "" if self.transaction_seconds is None else f" for {self.transaction_seconds:.2f} s"
        return f"session {self.pid}{name}, {self.state}{open_for}, last statement: {self.query}"


_ALL = """
SELECT a.pid, coalesce(a.state, 'starting'), a.query, a.application_name,
    extract(epoch FROM clock_timestamp() - a.xact_start)::float8,
    extract(epoch FROM clock_timestamp() - a.query_start)::float8
FROM pg_catalog.pg_stat_activity a
WHERE a.datname = %s AND a.backend_type = 'client backend' AND a.pid <> pg_catalog.pg_backend_pid()
ORDER BY a.pid
"""


def read_backends(connection: Connection[tuple[object, ...]], database: str) -> list[Backend]:
    """Return the client sessions connected to a database, the asking one left out."""
    return [
        Backend(int(str(pid)), str(state), str(query or ""), str(name or ""), _seconds(age), _seconds(query_age))
        for pid, state, query, name, age, query_age in connection.execute(_ALL, (database,)).fetchall()
    ]


def read_prepared(connection: Connection[tuple[object, ...]]) -> list[Backend]:
    """Return the prepared transactions of the database that a connection leads to."""
    rows = connection.execute(
        "SELECT gid, extract(epoch FROM clock_timestamp() - prepared)::float8 FROM pg_catalog.pg_prepared_xacts"
        " WHERE database = pg_catalog.current_database() ORDER BY gid"
    ).fetchall()
    return [Backend(0, "prepared", str(gid), "", _seconds(age), None, str(gid)) for gid, age in rows]


def parse_backends(answer: str | None) -> list[Backend]:
    """Return the sessions that the database's ``rewind`` found at work, from its answer."""
    if answer is None:
        return []
    return [
        Backend(
            pid=int(entry["pid"]),
            state=entry["state"],
            query=entry["query"] or "",
            application_name=entry["name"] or "",
            transaction_seconds=_seconds(entry["age"]),
            query_seconds=_seconds(entry["query_age"]),
        )
        for entry in json.loads(answer)
    ]


def terminate_backends(connection: Connection[tuple[object, ...]], pids: Iterable[int]) -> list[int]:
    """End sessions and wait until they are gone; return those that this role may not end.

    Raises:
        DatabaseError: one did not end within 5 seconds.
    """
    refused: list[int] = []
    asked: list[int] = []
    for pid in pids:
        try:
            connection.execute("SELECT pg_catalog.pg_terminate_backend(%s)", (pid,))
            asked.append(pid)
        except Exception as error:
            if getattr(error, "sqlstate", None) != "42501":
                raise
            refused.append(pid)
    limit = time.monotonic() + TERMINATION_SECONDS
    pause = 0.0005
    while asked:
        # True as long as the server counts it as a session; pg_stat_activity forgets it a little earlier.
        rows = connection.execute(
            "SELECT pid FROM unnest(%s::integer[]) AS asked(pid) WHERE pg_catalog.pg_terminate_backend(pid)", (asked,)
        ).fetchall()
        if not rows:
            break
        if time.monotonic() > limit:
            raise DatabaseError(
                f"session {rows[0][0]} did not end within {TERMINATION_SECONDS:.0f} s of being told to",
                "look at what it does in pg_stat_activity; code in C that ignores interrupts can do this",
            )
        time.sleep(pause)
        pause = min(pause * 2, 0.05)
    return refused


def roll_back(connection: Connection[tuple[object, ...]], prepared: Iterable[Backend]) -> None:
    """Roll back prepared transactions of the database that a connection leads to."""
    for backend in prepared:
        if backend.prepared is not None:
            connection.execute(sql.SQL("ROLLBACK PREPARED {}").format(sql.Literal(backend.prepared)))


def _seconds(value: object) -> float | None:
    return None if value is None else float(str(value))
