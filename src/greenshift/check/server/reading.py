"""``read_server``: a running server asked for what rules need."""

from __future__ import annotations

from typing import Final

import psycopg

from greenshift.check.errors import CheckError
from greenshift.check.server.address import ServerAddress, is_local, server_address
from greenshift.check.server.connecting import PATIENCE, Connection, connect, deadline, failure
from greenshift.check.server.facts import ServerFacts
from greenshift.check.server.pgbouncer import find_pgbouncer

# Those that a version does not know are simply not there.
_SETTINGS: Final = (
    "max_connections",
    "superuser_reserved_connections",
    "reserved_connections",
    "statement_timeout",
    "transaction_timeout",
    "lock_timeout",
    "idle_in_transaction_session_timeout",
    "idle_session_timeout",
    "default_transaction_isolation",
    "ssl",
    "server_version_num",
)


def read_server(url: str) -> ServerFacts:
    """Return what a server says of itself, and what the PgBouncer in front of it does, if there is one.

    Args:
        url: its URL, for SQLAlchemy with any driver or for libpq; any user who may log in will do.

    Raises:
        CheckError: the URL is none of PostgreSQL, or the server cannot be reached or does not let the user in.
    """
    address = server_address(url)
    try:
        with connect(address) as connection, deadline(connection, PATIENCE):
            return _read(address, connection)
    except psycopg.Error as error:
        raise failure(address, error) from None


def _read(address: ServerAddress, connection: Connection) -> ServerFacts:
    if connection.info.parameter_status("server_version") and connection.info.server_version < 90000:
        raise CheckError(
            f"{address} is PgBouncer's own console, no database", "name a database that it leads to in the URL"
        )
    pgbouncer = find_pgbouncer(address, connection)
    settings = {
        str(name): str(setting)
        for name, setting in connection.execute(
            # What this connection itself asked for (`options` in the URL) says nothing of others.
            "SELECT name, setting FROM pg_settings WHERE name = ANY(%s) AND source <> 'client'",
            [list(_SETTINGS)],
        ).fetchall()
    }
    number = int(settings.get("server_version_num", connection.info.server_version))
    open_now, user, limit = connection.execute(
        # pg_stat_activity hides the kind of other users' backends.
        "SELECT (SELECT sum(numbackends) FROM pg_stat_database), current_user, "
        "(SELECT datconnlimit FROM pg_database WHERE datname = current_database())"
    ).fetchall()[0]
    # At the far side of PgBouncer the server sees PgBouncer's address, not ours.
    return ServerFacts(
        address=str(address),
        version=(number // 10000, number % 10000),
        settings=settings,
        is_local=is_local(connection.info.host, connection.info.hostaddr),
        is_encrypted=bool(connection.pgconn.ssl_in_use),
        connections=int(open_now),
        pgbouncer=pgbouncer,
        host=connection.info.host,
        user=str(user),
        role_settings=_role_settings(connection),
        connection_limit=int(limit) if limit is not None and limit >= 0 else None,
    )


def _role_settings(connection: Connection) -> dict[str, dict[str, str]]:
    """Return what roles are given at login in this database; for all databases first, which the own overrides."""
    found: dict[str, dict[str, str]] = {}
    rows = connection.execute(
        "SELECT r.rolname, s.setconfig FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole "
        "WHERE s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database())) "
        "ORDER BY s.setdatabase <> 0"
    ).fetchall()
    for role, texts in rows:
        for text in texts or ():
            name, _, value = str(text).partition("=")
            if name in _SETTINGS:
                found.setdefault(str(role), {})[name] = value
    return found
