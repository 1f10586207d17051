"""The mark on a schema made here; dropping such a schema, and those of dead runs, and never any other."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
from psycopg import Connection, sql

from greenshift.postgres.databases.backends import roll_back, terminate_backends
from greenshift.postgres.databases.marker import Marker, lock_key
from greenshift.postgres.databases.run import REAP_AFTER_SECONDS
from greenshift.postgres.errors import DatabaseError, ForeignDatabaseError
from greenshift.postgres.schemas.sessions import read_sessions
from greenshift.postgres.server import Server

# How long a drop waits for others' locks each time, in milliseconds, and how often it tries.
LOCK_TIMEOUT = 2000
ATTEMPTS = 3


def read_schema_marker(connection: Connection[tuple[object, ...]], name: str) -> tuple[bool, Marker | None]:
    """Return whether a schema of this name exists in the connection's database, and its marker."""
    row = connection.execute(
        "SELECT pg_catalog.obj_description(oid, 'pg_namespace') FROM pg_catalog.pg_namespace WHERE nspname = %s",
        (name,),
    ).fetchone()
    if row is None:
        return False, None
    return True, Marker.parse(None if row[0] is None else str(row[0]))


def schema_comment(name: str, marker: Marker) -> sql.Composed:
    """Return the statement that writes a marker on a schema."""
    return sql.SQL("COMMENT ON SCHEMA {} IS {}").format(sql.Identifier(name), sql.Literal(marker.text()))


def drop_marked_schema(connection: Connection[tuple[object, ...]], name: str) -> None:
    """Drop a marked schema and all that is in it; nothing where there is none.

    Sessions of this role that hold locks in it are ended; those of others are not, and make it fail.

    Raises:
        ForeignDatabaseError: it carries no marker.
        DatabaseError: it cannot be dropped.
    """
    exists, marker = read_schema_marker(connection, name)
    if not exists:
        return
    if marker is None:
        raise ForeignDatabaseError(
            f"the schema {name!r} was not made by Greenshift, so it is not dropped",
            "drop it yourself if nothing in it is needed",
        )
    for attempt in range(1, ATTEMPTS + 1):
        sessions = read_sessions(connection, name)
        terminate_backends(connection, [session.pid for session in sessions if session.prepared is None])
        roll_back(connection, sessions)
        try:
            with connection.transaction():
                connection.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(sql.Literal(LOCK_TIMEOUT)))
                connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(name)))
            return
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected) as error:
            if attempt == ATTEMPTS:
                raise DatabaseError(
                    f"the schema {name!r} cannot be dropped: another role's session uses it",
                    "look for it in pg_locks (a dump, for example); the next run drops the schema",
                ) from error
        except psycopg.Error as error:
            raise DatabaseError(
                f"the schema {name!r} cannot be dropped: {str(error).strip().splitlines()[0]}",
                "drop it as its owner, or as a superuser",
            ) from error


def reap_schemas(server: Server, older_than: float = REAP_AFTER_SECONDS) -> list[str]:
    """Drop the schemas that dead runs left in the server's maintenance database; return their names.

    Left alone: schemas without marker, kept ones, those of other roles, of a run that still holds its lock, and
    those younger than ``older_than`` seconds.

    Args:
        server: the server; its maintenance database is the one that is looked at.
        older_than: the age in seconds, by the server's clock, below which nothing is touched.

    Raises:
        psycopg.Error: the server cannot be reached.
    """
    dropped: list[str] = []
    with server.connect(application_name="greenshift reap") as connection:
        rows = connection.execute(
            "SELECT n.nspname, pg_catalog.obj_description(n.oid, 'pg_namespace'), pg_catalog.clock_timestamp()"
            " FROM pg_catalog.pg_namespace n"
            " WHERE n.nspname LIKE 'greenshift\\_%' AND pg_catalog.pg_has_role(n.nspowner, 'USAGE')"
        ).fetchall()
        for name, comment, clock in rows:
            marker = Marker.parse(None if comment is None else str(comment))
            now = clock if isinstance(clock, datetime) else datetime.now(UTC)
            if marker is None or marker.kind == "kept" or (now - marker.created).total_seconds() < older_than:
                continue
            key = lock_key(f"run {marker.run}")
            taken = connection.execute("SELECT pg_catalog.pg_try_advisory_lock(%s)", (key,)).fetchone()
            if not taken or not taken[0]:
                continue
            try:
                drop_marked_schema(connection, str(name))
                dropped.append(str(name))
            except DatabaseError:
                # Another reaper was quicker, or somebody reads it at the moment; next time.
                pass
            finally:
                connection.execute("SELECT pg_catalog.pg_advisory_unlock(%s)", (key,))
    return dropped
