"""Which databases on a server are Greenshift's."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass

import psycopg
from psycopg import Connection

from greenshift.postgres.databases.marker import Marker
from greenshift.postgres.server import Server


@dataclass(frozen=True)
class ListedDatabase:
    """One database with Greenshift's marker.

    Args:
        name: its name.
        marker: what its comment says.
        size: what it occupies, in bytes.
        connections: how many sessions are connected to it now.
    """

    name: str
    marker: Marker
    size: int
    connections: int


_MARKED = """
SELECT datname, pg_catalog.shobj_description(oid, 'pg_database') FROM pg_catalog.pg_database
WHERE pg_catalog.shobj_description(oid, 'pg_database') LIKE '{%' ORDER BY datname
"""
_MEASURED = """
SELECT CASE WHEN pg_catalog.has_database_privilege(oid, 'CONNECT') THEN pg_catalog.pg_database_size(oid) END,
    (SELECT count(*) FROM pg_catalog.pg_stat_activity a WHERE a.datid = d.oid)
FROM pg_catalog.pg_database d WHERE datname = %s
"""


def list_databases(server: Server, *, connection: Connection[tuple[object, ...]] | None = None) -> list[ListedDatabase]:
    """Return the databases of a server that carry Greenshift's marker, by name.

    Args:
        server: the server to look at.
        connection: an open connection to use; None opens one.

    Raises:
        psycopg.Error: the server cannot be reached.
    """
    found = []
    with nullcontext(connection) if connection else server.connect() as asked:
        for name, comment in asked.execute(_MARKED).fetchall():
            marker = Marker.parse(str(comment))
            if marker is None:
                continue
            try:
                row = asked.execute(_MEASURED, (name,)).fetchone()
            except psycopg.errors.UndefinedObject:
                # Dropped by somebody else while it was measured.
                continue
            if row is not None:
                found.append(ListedDatabase(str(name), marker, int(str(row[0] or 0)), int(str(row[1]))))
    return found
