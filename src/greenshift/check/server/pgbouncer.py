"""A PgBouncer in front of the server: recognised by what it does, and asked if it may be."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import psycopg
from psycopg import pq

from greenshift.check.server.address import ServerAddress
from greenshift.check.server.connecting import Connection, connect, deadline
from greenshift.check.server.facts import PgBouncerFacts

# Its admin console is a database that is always there.
# https://www.pgbouncer.org/usage.html#admin-console
_CONSOLE: Final = "pgbouncer"
_SETTINGS: Final = (
    "pool_mode",
    "max_client_conn",
    "default_pool_size",
    "min_pool_size",
    "reserve_pool_size",
    "max_db_connections",
    "max_user_connections",
    "max_prepared_statements",
    "client_idle_timeout",
    "idle_transaction_timeout",
    "query_timeout",
    "query_wait_timeout",
    "server_idle_timeout",
    "server_lifetime",
    "client_tls_sslmode",
)
_VERSION: Final = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")


def find_pgbouncer(address: ServerAddress, connection: Connection) -> PgBouncerFacts | None:
    """Return what is known of the PgBouncer that a connection goes through; None if it goes through none.

    Args:
        address: where the connection leads.
        connection: an open one.

    Raises:
        psycopg.Error: the connection is lost.
    """
    # A pooler cannot know which backend will serve a client, so the number that it tells at login is invented.
    # https://www.postgresql.org/docs/current/protocol-message-formats.html (BackendKeyData)
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    if row is not None and row[0] == connection.info.backend_pid:
        return None
    facts = _ask(address) or PgBouncerFacts()
    if facts.pool_mode is None:
        facts = replace(facts, pool_mode=_mode(address, connection))
    if facts.keeps_prepared_statements is None and facts.shares_connections:
        facts = replace(facts, keeps_prepared_statements=_keeps_prepared_statements(address, connection))
    return facts


def _ask(address: ServerAddress) -> PgBouncerFacts | None:
    """Return what the admin console says; None if it does not let this user in."""
    try:
        # It knows no parameters that a server knows.
        console = connect(address, dbname=_CONSOLE, options="")
    except psycopg.Error:
        return None
    try:
        with console:
            version = _version(str(_rows(console, "SHOW VERSION")[0].get("version", "")))
            settings = {
                str(row["key"]): str(row["value"]) for row in _rows(console, "SHOW CONFIG") if row["key"] in _SETTINGS
            }
            databases = _rows(console, "SHOW DATABASES")
    except (psycopg.Error, LookupError):
        return None
    own = next((row for row in databases if row.get("name") == address.database), {})
    mode = own.get("pool_mode") or settings.get("pool_mode")
    size = own.get("pool_size") or settings.get("default_pool_size")
    kept = settings.get("max_prepared_statements", "0" if version < (1, 21) else None)
    return PgBouncerFacts(
        version,
        str(mode) if mode else None,
        settings,
        int(str(size)) if size and str(size).isdigit() else None,
        None if kept is None or mode == "session" else int(kept) > 0 and mode == "transaction",
    )


def _rows(connection: Connection, command: str) -> list[Mapping[str, object]]:
    # The console speaks the simple protocol alone, which psycopg uses where there are no parameters.
    cursor = connection.execute(command.encode())
    names = [column.name for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _version(text: str) -> tuple[int, ...]:
    found = _VERSION.search(text)
    return tuple(int(part) for part in found.groups(default="0")) if found else ()


def _mode(address: ServerAddress, first: Connection) -> str | None:
    """Return the pool mode if it can be told: two clients that are both connected got the same connection."""
    try:
        with connect(address) as second, deadline(second):
            for _ in range(3):
                pids = {row for item in (first, second) for row in item.execute("SELECT pg_backend_pid()").fetchall()}
                if len(pids) == 1:
                    # The second one, since it loses its connection if it may not.
                    return "transaction" if _may_begin(second) else "statement"
    except psycopg.Error:
        pass
    return None


def _may_begin(connection: Connection) -> bool:
    try:
        connection.execute("BEGIN")
        connection.execute("ROLLBACK")
    except psycopg.Error:
        return False
    return True


def _keeps_prepared_statements(address: ServerAddress, first: Connection) -> bool | None:
    """Try it: two clients on one connection prepare a statement of the same name."""
    name = f"greenshift_{uuid.uuid4().hex}".encode()
    try:
        with connect(address) as second, deadline(second):
            prepared = []
            for connection in (first, second):
                if connection.pgconn.prepare(name, b"SELECT 1").status == pq.ExecStatus.COMMAND_OK:
                    prepared.append(connection)
            pids = {row for item in (first, second) for row in item.execute("SELECT pg_backend_pid()").fetchall()}
            for connection in prepared:
                connection.execute(b"DEALLOCATE " + name)
    except psycopg.Error:
        return None
    if len(prepared) == 1:
        return False
    return True if len(prepared) == 2 and len(pids) == 1 else None
