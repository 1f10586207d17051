"""A connection to a PostgreSQL server that is asked again and again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

import psycopg
from psycopg import sql

from greenshift.masking import mask
from greenshift.observe.top.address import DatabaseAddress
from greenshift.observe.top.database import queries
from greenshift.observe.top.database.state import (
    BlockedSession,
    Counters,
    DatabaseState,
    SessionState,
    StatementStatistics,
)
from greenshift.observe.top.errors import SourceError
from greenshift.observe.top.reading import Reading
from greenshift.observe.top.text import one_line

Connection = psycopg.Connection[tuple[Any, ...]]

OLDEST: Final = 130000
# Seconds; libpq takes no less than 2 for a connection.
_CONNECT_SECONDS: Final = "5"
# pg_stat_statements reads all its texts from a file each time.
_STATISTICS_SECONDS: Final = 10.0
_STATEMENTS: Final = 20
_FIXES: Final = (
    ("password authentication failed", "give the right user and password"),
    ("no password supplied", "give the password: in the URL, in PGPASSWORD or in ~/.pgpass"),
    ("does not exist", "name a database and a role that exist"),
    ("no pg_hba.conf entry", "allow this user and address in pg_hba.conf"),
    ("too many clients", "the server is full: a superuser may still come in"),
    ("remaining connection slots", "the server is full: a superuser may still come in"),
    ("does not support SSL", "leave sslmode=require out, or switch the server's TLS on"),
    ("received invalid response", "what listens there is no PostgreSQL: check host and port"),
)
_GENERAL: Final = "check that the server runs, and the URL's host and port"


class DatabaseSource:
    """Asks a server for its state, over one connection that is opened anew when it is lost.

    Args:
        address: where to.
        clock: seconds that only go up.
    """

    def __init__(self, address: DatabaseAddress, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.shown = address.shown
        self._address = address
        self._clock = clock
        self._connection: Connection | None = None
        self._counters: Counters | None = None
        self._statements: tuple[StatementStatistics, ...] | None = None
        self._statements_limit: str | None = None
        self._statements_at: float | None = None

    def read(self) -> Reading:
        """Ask the server.

        Raises:
            SourceError: it does not answer, or is too old.
        """
        try:
            connection = self._connected()
            # A transaction, so that all is of one moment, and a pooler before the server keeps it in one session.
            with connection.transaction():
                connection.execute(queries.PATIENCE)
                state = self._state(connection)
        except psycopg.Error as error:
            self.close()
            raise self._failure(error) from error
        return Reading(self.shown, time.time(), database=state)

    def close(self) -> None:
        """Close the connection. Safe to call twice."""
        connection, self._connection = self._connection, None
        self._counters = None
        if connection is not None:
            connection.close()

    def _connected(self) -> Connection:
        if self._connection is None or self._connection.closed:
            arguments = {
                "connect_timeout": _CONNECT_SECONDS,
                "application_name": queries.OWN,
                **self._address.arguments,
            }
            self._statements_at = None
            self._connection = psycopg.connect(**arguments, autocommit=True, prepare_threshold=None)  # type: ignore[arg-type]
            if self._connection.info.server_version < OLDEST:
                version = self._connection.info.server_version // 10000
                self.close()
                raise SourceError(f"the server is a PostgreSQL {version}", "ask one from 13 on")
        return self._connection

    def _state(self, connection: Connection) -> DatabaseState:
        version, user, replica, uptime, most, reserved, sees_all, tracked = _row(connection, queries.SERVER)
        sessions = tuple(_session(row) for row in connection.execute(queries.SESSIONS))
        since = queries.WAIT_START if connection.info.server_version >= 140000 else queries.NO_WAIT_START
        blocked = connection.execute(sql.SQL(queries.BLOCKED).format(since=sql.SQL(since))).fetchall()
        counters = Counters(*(value or 0 for value in _row(connection, queries.COUNTERS)))
        previous, self._counters = self._counters, counters
        (others,) = _row(connection, queries.OTHER_PROCESSES)
        self._read_statements(connection)
        limits = []
        hidden = sum(session.state is None for session in sessions)
        if not sees_all:
            limits.append(
                f"states and statements of others ({hidden} sessions) are hidden from {user}: "
                f"GRANT pg_read_all_stats TO {user}"
            )
        if not tracked:
            limits.append("the server keeps no states and statements: track_activities is off")
        if self._statements_limit is not None:
            limits.append(self._statements_limit)
        return DatabaseState(
            version=version.split()[0],
            user=user,
            in_recovery=replica,
            uptime=uptime,
            max_connections=most,
            reserved=reserved,
            sessions=sessions,
            other_processes=others - 1,  # the one that asks
            blocked=tuple(_blocked(row) for row in blocked),
            statements=self._statements,
            counters=counters,
            previous=previous,
            limits=tuple(limits),
        )

    def _read_statements(self, connection: Connection) -> None:
        """Ask pg_stat_statements, but not too often."""
        now = self._clock()
        if self._statements_at is not None and now - self._statements_at < _STATISTICS_SECONDS:
            return
        self._statements_at = now
        self._statements = None
        schema = connection.execute(queries.STATEMENTS_SCHEMA).fetchone()
        if schema is None:
            self._statements_limit = "no statistics of statements: CREATE EXTENSION pg_stat_statements"
            return
        view = sql.Identifier(schema[0], "pg_stat_statements")
        try:
            with connection.transaction():
                rows = connection.execute(sql.SQL(queries.STATEMENTS).format(view=view), [_STATEMENTS]).fetchall()
        except psycopg.errors.InsufficientPrivilege:
            self._statements_limit = f"no statistics of statements: GRANT SELECT ON {schema[0]}.pg_stat_statements"
        except psycopg.errors.ObjectNotInPrerequisiteState:
            self._statements_limit = "no statistics of statements: shared_preload_libraries lacks pg_stat_statements"
        except psycopg.errors.UndefinedColumn:
            self._statements_limit = "no statistics of statements: ALTER EXTENSION pg_stat_statements UPDATE"
        else:
            self._statements_limit = None
            self._statements = tuple(
                StatementStatistics(None if row[0] is None else one_line(row[0]), *row[1:]) for row in rows
            )

    def _failure(self, error: psycopg.Error) -> SourceError:
        lines = [line.strip() for line in str(error).strip().splitlines() if line.strip()]
        # libpq says where it wanted to connect, the reason, and then perhaps a hint.
        reason = next((line for line in lines if "failed: " in line), lines[0] if lines else type(error).__name__)
        reason = reason.rpartition("failed: ")[2].removeprefix("FATAL:").removeprefix("ERROR:").strip()
        password = self._address.arguments.get("password")
        if password:
            reason = reason.replace(password, "***")
        fix = next((fix for part, fix in _FIXES if part in str(error)), _GENERAL)
        return SourceError(one_line(mask(reason)), fix)


def _row(connection: Connection, query: Any) -> tuple[Any, ...]:
    row = connection.execute(query).fetchone()
    assert row is not None
    return row


def _session(row: tuple[Any, ...]) -> SessionState:
    pid, database, user, application, client, state, wait_type, wait, transaction, statement, changed, text = row
    return SessionState(
        pid=pid,
        database=one_line(database),
        user=one_line(user),
        application=one_line(application),
        client=client,
        state=state,
        # A session that waits for its client to speak waits for nothing.
        wait=f"{wait_type}:{wait}" if wait_type not in (None, "Client", "Activity") else None,
        transaction_seconds=_seconds(transaction),
        statement_seconds=_seconds(statement),
        state_seconds=_seconds(changed),
        statement=one_line(text) or None if text is not None and state is not None else None,
    )


def _blocked(row: tuple[Any, ...]) -> BlockedSession:
    pid, by, lock, mode, relation, seconds = row
    # Parallel workers of one session are named several times.
    return BlockedSession(pid, tuple(dict.fromkeys(by)), lock, mode, relation, _seconds(seconds))


def _seconds(value: float | None) -> float | None:
    return None if value is None else max(0.0, value)
