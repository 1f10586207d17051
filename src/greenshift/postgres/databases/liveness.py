"""Which runs are alive on a server."""

from __future__ import annotations

from collections.abc import Iterable

from greenshift.postgres.databases.marker import lock_key
from greenshift.postgres.server import Server


def live_runs(server: Server, identifiers: Iterable[str]) -> set[str]:
    """Return those of some runs that hold their lock at this moment.

    Args:
        server: the server that they use.
        identifiers: the runs' identifiers.

    Raises:
        psycopg.Error: the server cannot be reached.
    """
    with server.connect() as connection:
        # How PostgreSQL shows an advisory lock's key: two halves of 32 bits, with objsubid 1.
        rows = connection.execute(
            "SELECT (classid::int8 << 32) | objid::int8 FROM pg_catalog.pg_locks"
            " WHERE locktype = 'advisory' AND objsubid = 1 AND granted"
            " AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())"
        ).fetchall()
    held = {row[0] for row in rows}
    return {identifier for identifier in identifiers if lock_key(f"run {identifier}") in held}
