"""Which databases on a server are Greenshift's."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass

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


def list_databases(server: Server, *, connection: Connection[tuple[object, ...]] | None = None) -> list[ListedDatabase]:
    """Return the databases of a server that carry Greenshift's marker, by name.

    Args:
        server: the server to look at.
        connection: an open connection to use; None opens one.

    Raises:
        psycopg.Error: the server cannot be reached.
    """
    with nullcontext(connection) if connection else server.connect() as asked:
        rows = asked.execute(
            "SELECT d.datname, pg_catalog.shobj_description(d.oid, 'pg_database'),"
            " CASE WHEN pg_catalog.has_database_privilege(d.oid, 'CONNECT')"
            " THEN pg_catalog.pg_database_size(d.oid) END,"
            " (SELECT count(*) FROM pg_catalog.pg_stat_activity a WHERE a.datid = d.oid)"
            " FROM pg_catalog.pg_database d"
            " WHERE pg_catalog.shobj_description(d.oid, 'pg_database') LIKE '{%' ORDER BY d.datname"
        ).fetchall()
    found = []
    for name, comment, size, connections in rows:
        marker = Marker.parse(str(comment))
        if marker is not None:
            found.append(ListedDatabase(str(name), marker, int(str(size or 0)), int(str(connections))))
    return found
