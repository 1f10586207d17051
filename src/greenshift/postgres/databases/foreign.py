"""Databases that Greenshift did not make: they may be looked at, and are never changed."""

from __future__ import annotations

import psycopg
from psycopg.conninfo import conninfo_to_dict

from greenshift.postgres.databases.marker import Marker, read_marker
from greenshift.postgres.errors import DatabaseError, ForeignDatabaseError


def open_existing(url: str, *, allow: bool = False) -> psycopg.Connection[tuple[object, ...]]:
    """Open an autocommit connection to a database that is there already, if it may be used.

    Args:
        url: its URL, without a driver's name.
        allow: the user's word that a database which Greenshift did not make may be written to all the same.

    Raises:
        ForeignDatabaseError: it carries no marker, and the user did not allow it.
        DatabaseError: it cannot be reached.
    """
    connection, marker = _open(url)
    if marker is None and not allow:
        name = connection.info.dbname
        connection.close()
        raise ForeignDatabaseError(
            f"the database {name!r} was not made by Greenshift, so it is left alone",
            "give --db-allow if it may really be written to",
        )
    return connection


def is_ours(url: str) -> bool:
    """Return whether the database behind a URL carries Greenshift's marker.

    Raises:
        DatabaseError: it cannot be reached.
    """
    connection, marker = _open(url)
    connection.close()
    return marker is not None


def _open(url: str) -> tuple[psycopg.Connection[tuple[object, ...]], Marker | None]:
    try:
        connection = psycopg.connect(url, autocommit=True)
    except psycopg.Error as error:
        place = _place(url)
        raise DatabaseError(
            f"the database {place} cannot be reached: {str(error).strip().splitlines()[0]}",
            "check the URL, and that the server is up",
        ) from error
    return connection, read_marker(connection, connection.info.dbname)[1]


def _place(url: str) -> str:
    """Return what a URL leads to, without its password."""
    try:
        parts = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        return "behind the given URL"
    return f"{parts.get('dbname', '')!r} at {parts.get('host', 'localhost')}"
