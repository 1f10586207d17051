"""The connection on which a database is rewound: one a database, held open, always in replication mode."""

# ruff: noqa: S608 - the SQL is put together from names that PostgreSQL itself has quoted
from __future__ import annotations

import os
from dataclasses import dataclass

import psycopg
from psycopg import Connection

from greenshift.postgres.address import Address
from greenshift.postgres.sealing.catalog import EVENT_TRIGGERS, SCHEMA

APPLICATION_NAME = "greenshift keeper"

# In the start packet, because these outrank what the role or the database has set, and because switching
# session_replication_role later would throw away every cached plan of the session.
_OPTIONS = {
    "role": "none",
    "session_replication_role": "replica",
    "search_path": "pg_catalog",
    "row_security": "off",
    "synchronous_commit": "off",
    "jit": "off",
    "work_mem": "64MB",
    "max_parallel_workers_per_gather": "0",
    "plan_cache_mode": "force_generic_plan",
    "default_transaction_isolation": "read\\ committed",
    "default_transaction_read_only": "off",
    "check_function_bodies": "on",
    "client_min_messages": "error",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    # Nobody else should hold a lock by then; if somebody does, a reclone is the way out.
    "lock_timeout": "500",
}


def keeper_arguments(address: Address, database: str) -> dict[str, str | int]:
    """Return the arguments with which ``psycopg.connect`` opens such a connection."""
    arguments = address.connection_arguments(database)
    options = " ".join(f"-c {name}={value}" for name, value in _OPTIONS.items())
    given = str(arguments.get("options", ""))
    return {**arguments, "options": f"{given} {options}".strip(), "application_name": APPLICATION_NAME}


@dataclass(frozen=True)
class RewindAnswer:
    """What the function ``rewind`` of the database answered; see ``seal_function``."""

    outcome: str
    detail: str | None
    dirty: int
    restored: int
    moved: int
    bloated: tuple[str, ...]


class Keeper:
    """Holds the connection, opens it again where it was lost, and leaves it alone in a forked child.

    Args:
        address: the server's address.
        database: the database's name.
    """

    def __init__(self, address: Address, database: str) -> None:
        self._address = address
        self._database = database
        self._connection: Connection[tuple[object, ...]] | None = None
        self._process = os.getpid()

    @property
    def connection(self) -> Connection[tuple[object, ...]]:
        """The open connection; opened where there is none or where it broke."""
        if os.getpid() != self._process:
            # psycopg does not touch the parent's session when its object is collected in a child.
            self._connection, self._process = None, os.getpid()
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(
                **keeper_arguments(self._address, self._database),  # type: ignore[arg-type]
                autocommit=True,
                prepare_threshold=0,
            )
        return self._connection

    @property
    def pid(self) -> int | None:
        """The process number of its backend, or None while it is closed."""
        connection = self._connection
        if connection is None or connection.closed or os.getpid() != self._process:
            return None
        return connection.info.backend_pid

    def environment(self) -> str:
        """Return the state that no event trigger tells: the database's settings, rights, event triggers..."""
        row = self.connection.execute(f"SELECT {SCHEMA}.environment()".encode()).fetchone()
        return str(row[0]) if row else ""

    def rewind(self, environment: str) -> RewindAnswer:
        """Call the database's own ``rewind``.

        Args:
            environment: what ``environment`` answered when the database was new.

        Raises:
            psycopg.Error: it failed; nothing but sequences may have changed.
        """
        row = self.connection.execute(
            f"SELECT outcome, detail, dirty, restored, moved, bloated FROM {SCHEMA}.rewind(%s)".encode(),
            (environment,),
        ).fetchone()
        assert row is not None
        outcome, detail, dirty, restored, moved, bloated = row
        return RewindAnswer(
            outcome=str(outcome),
            detail=None if detail is None else str(detail),
            dirty=int(str(dirty)),
            restored=int(str(restored)),
            moved=int(str(moved)),
            bloated=tuple(str(name) for name in bloated) if isinstance(bloated, list) else (),
        )

    def vacuum(self, tables: tuple[str, ...], version: int) -> None:
        """Give back the pages of tables, so that they stay as fast as they were.

        Args:
            tables: qualified, quoted names.
            version: the server's ``server_version_num``.
        """
        options = "INDEX_CLEANUP ON, TRUNCATE ON" + (", SKIP_DATABASE_STATS" if version >= 160000 else "")
        self.connection.execute(f"VACUUM ({options}) {', '.join(tables)}".encode())

    def unseal(self) -> None:
        """Remove everything that was put into the database for the sake of rewinding it."""
        for trigger in EVENT_TRIGGERS:
            self.connection.execute(f"DROP EVENT TRIGGER IF EXISTS {trigger}".encode())
        self.connection.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE".encode())

    def close(self) -> None:
        """Close the connection; not in a forked child, where it is the parent's."""
        connection, self._connection = self._connection, None
        if connection is not None and os.getpid() == self._process:
            connection.close()
