"""The connection on which a schema is rewound: one a schema, held open."""

from __future__ import annotations

import os

import psycopg
from psycopg import Connection

from greenshift.postgres.databases.keeper import APPLICATION_NAME
from greenshift.postgres.server import Server

# In the start packet, because these outrank what the role or the database has set.
_OPTIONS = {
    "search_path": "pg_catalog",
    "row_security": "off",
    "synchronous_commit": "off",
    "jit": "off",
    "default_transaction_isolation": "read\\ committed",
    "default_transaction_read_only": "off",
    "client_min_messages": "error",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "lock_timeout": "5000",
}


class SchemaKeeper:
    """Holds the connection, opens it again where it was lost, and leaves it alone in a forked child.

    Args:
        server: the server; its maintenance database is where the schema is.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._connection: Connection[tuple[object, ...]] | None = None
        self._process = os.getpid()

    @property
    def connection(self) -> Connection[tuple[object, ...]]:
        """The open connection; opened where there is none or where it broke.

        Raises:
            psycopg.OperationalError: the server cannot be reached.
        """
        if os.getpid() != self._process:
            self._connection, self._process = None, os.getpid()
        if self._connection is None or self._connection.closed:
            arguments = self._server.address.connection_arguments(self._server.maintenance_database)
            options = " ".join(f"-c {name}={value}" for name, value in _OPTIONS.items())
            arguments["options"] = f"{arguments.get('options', '')} {options}".strip()
            arguments["application_name"] = APPLICATION_NAME
            self._connection = psycopg.connect(**arguments, autocommit=True)  # type: ignore[arg-type]
        return self._connection

    @property
    def pid(self) -> int | None:
        """The process number of its backend, or None while it is closed."""
        connection = self._connection
        if connection is None or connection.closed or os.getpid() != self._process:
            return None
        return connection.info.backend_pid

    def close(self) -> None:
        """Close the connection; not in a forked child, where it is the parent's."""
        connection, self._connection = self._connection, None
        if connection is not None and os.getpid() == self._process:
            connection.close()
