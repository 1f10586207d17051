"""Dropping a database that carries Greenshift's marker, whatever hangs on it, and never any other."""

from __future__ import annotations

import time
from contextlib import suppress

import psycopg
from psycopg import Connection, sql

from greenshift.postgres.databases.backends import read_backends, terminate_backends
from greenshift.postgres.databases.marker import read_marker
from greenshift.postgres.errors import DatabaseError, ForeignDatabaseError
from greenshift.postgres.server import Server

# PostgreSQL itself waits 5 s for the sessions of a database that is dropped by force.
ATTEMPTS = 3


def drop_database(server: Server, name: str) -> None:
    """Drop a database that Greenshift made.

    Args:
        server: the server it is on.
        name: its name.

    Raises:
        ForeignDatabaseError: it carries no marker of Greenshift's.
        DatabaseError: there is none of this name, or it cannot be dropped.
        psycopg.Error: the server cannot be reached.
    """
    with server.connect() as connection:
        if not read_marker(connection, name)[0]:
            raise DatabaseError(f"there is no database {name!r}", "see `greenshift databases` for those there are")
        drop_marked(server, connection, name)


def drop_marked(server: Server, connection: Connection[tuple[object, ...]], name: str) -> None:
    """Drop a marked database by force, over a connection to another database; nothing where there is none.

    Raises:
        ForeignDatabaseError: it carries no marker.
        DatabaseError: it cannot be dropped.
    """
    exists, marker = read_marker(connection, name)
    if not exists:
        return
    if marker is None:
        raise ForeignDatabaseError(
            f"the database {name!r} was not made by Greenshift, so it is not dropped",
            "drop it yourself if nothing in it is needed",
        )
    if marker.kind == "template":
        connection.execute(sql.SQL("ALTER DATABASE {} IS_TEMPLATE false").format(sql.Identifier(name)))
    statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    for attempt in range(1, ATTEMPTS + 1):
        # FORCE does it too, but looks for the end of sessions only every 100 ms.
        terminate_backends(connection, [backend.pid for backend in read_backends(connection, name)])
        try:
            connection.execute(statement)
            return
        except psycopg.errors.ObjectInUse as error:
            if attempt == ATTEMPTS:
                raise DatabaseError(
                    f"the database {name!r} cannot be dropped: {str(error).strip().splitlines()[0]}",
                    "end what uses it (a replication slot, a subscription, a session of another role)",
                ) from error
            with suppress(psycopg.Error):
                roll_back_prepared(server, name)
            time.sleep(0.05 * attempt)
        except psycopg.Error as error:
            raise DatabaseError(
                f"the database {name!r} cannot be dropped: {str(error).strip().splitlines()[0]}",
                "look into the server's log",
            ) from error


def roll_back_prepared(server: Server, name: str) -> None:
    """Roll back the prepared transactions of a database; they would keep it from being dropped."""
    with server.connect(name) as connection:
        rows = connection.execute(
            "SELECT gid FROM pg_catalog.pg_prepared_xacts WHERE database = pg_catalog.current_database()"
        ).fetchall()
        for (gid,) in rows:
            connection.execute(sql.SQL("ROLLBACK PREPARED {}").format(sql.Literal(gid)))
