"""Seal a template: put into it all that its clones need for being rewound, so that a clone is ready at once."""

# ruff: noqa: S608 - the SQL is put together from names that PostgreSQL itself has quoted
from __future__ import annotations

import psycopg
from psycopg import Connection

from greenshift.postgres.databases.keeper import keeper_arguments
from greenshift.postgres.sealing.catalog import SCHEMA, SealedTable, read_sequences, read_tables
from greenshift.postgres.sealing.function import SealedPlan, SealedSeed, environment_function, rewind_function
from greenshift.postgres.sealing.watch import event_triggers, touched_sequence, touched_statements, watch_functions
from greenshift.postgres.server import Server

# Up to this many rows of a table are looked at in each rewind (about 50 us); larger tables get triggers.
SCANNED_ROWS = 500
# And all tables together up to this many; the largest of them get triggers then.
SCANNED_ROWS_IN_ALL = 2000
# A copy of a larger table would cost every clone more than a reclone costs now and then (pages of 8 kB).
COPIED_PAGES = 4096
# Raised whenever the objects in the schema change, so that older templates are not used.
FORMAT = 1


def can_seal(connection: Connection[tuple[object, ...]]) -> bool:
    """Return whether the role of a connection has the rights that a rewind needs (a superuser's)."""
    row = connection.execute("SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user").fetchone()
    return row is not None and row[0] is True


def seal(server: Server, database: str) -> None:
    """Seal a template that nobody is connected to.

    Args:
        server: the server it is on.
        database: its name.

    Raises:
        psycopg.Error: something in the database forbids it.
    """
    with psycopg.connect(**keeper_arguments(server.address, database), autocommit=True) as connection:  # type: ignore[arg-type]
        _run(connection, "SET allow_system_table_mods = on")
        # Before the plan is read: emptied tables give their pages back, and rows are frozen, so that reading
        # them in a clone writes nothing.
        _vacuum(connection, server.version, "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'")
        with connection.transaction():
            watching = connection.execute(_WATCHING).fetchall()
            # Those of the application that fire even for replicas; what they would write is not the template's.
            for name, _ in watching:
                _run(connection, f"ALTER EVENT TRIGGER {name} DISABLE")
            _seal(connection, server.version, restart_cached=not watching)
            for name, mode in watching:
                _run(connection, f"ALTER EVENT TRIGGER {name} ENABLE {mode}")
            _run(connection, event_triggers())
            _run(connection, f"SELECT setval('{SCHEMA}.ddl', 1, false)")
        _vacuum(connection, server.version, f"n.nspname = '{SCHEMA}'")


_WATCHING = b"""
SELECT quote_ident(evtname), CASE evtenabled WHEN 'A' THEN 'ALWAYS' ELSE 'REPLICA' END
FROM pg_event_trigger WHERE evtenabled IN ('A', 'R') ORDER BY 1
"""


def _seal(connection: Connection[tuple[object, ...]], version: int, *, restart_cached: bool) -> None:
    _run(connection, f"CREATE SCHEMA {SCHEMA}")
    for sequence in ("ddl", "horizon"):
        _run(connection, f"CREATE SEQUENCE {SCHEMA}.{sequence}")
    _run(connection, watch_functions())
    _run(connection, environment_function())
    tables = read_tables(connection)
    seeded = [table for table in tables if table.rows]
    large = _large(seeded)
    names = {
        int(str(oid)): str(name)
        for oid, name in connection.execute(
            "SELECT c.oid::bigint, format('%I.%I', n.nspname, c.relname)"
            " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p')"
        ).fetchall()
    }
    for statement in touched_statements(large, names):
        _run(connection, statement)
    seeds = []
    for table in seeded:
        touched = tuple(touched_sequence(oid) for oid in (table.oid, *table.ancestors)) if table in large else ()
        copy = None
        if table.columns and not table.guarded and table.pages <= COPIED_PAGES:
            copy = f"{SCHEMA}.seed_{table.oid}"
            _run(connection, f"CREATE TABLE {copy} AS SELECT {', '.join(table.columns)} FROM ONLY {table.name}")
        seeds.append(SealedSeed(table, copy, touched))
    plan = SealedPlan(
        version=version,
        empty=[table for table in tables if not table.rows],
        seeds=seeds,
        sequences=read_sequences(connection),
        large_objects=_count(connection, "SELECT count(*) FROM pg_largeobject_metadata"),
        large_object_pages=_count(connection, "SELECT count(*) FROM pg_largeobject"),
        restart_cached=restart_cached,
    )
    _run(connection, rewind_function(plan))
    # Every row of the template is older than this; every row that a clone gets is younger.
    _run(connection, f"SELECT setval('{SCHEMA}.horizon', pg_current_xact_id()::xid::text::bigint)")


def _large(seeded: list[SealedTable]) -> list[SealedTable]:
    large = []
    scanned = 0
    for table in sorted(seeded, key=lambda table: (table.rows, table.oid)):
        scanned += table.rows
        if table.rows > SCANNED_ROWS or scanned > SCANNED_ROWS_IN_ALL:
            large.append(table)
    return large


def _vacuum(connection: Connection[tuple[object, ...]], version: int, which: str) -> None:
    """Vacuum tables and materialized views; the catalogs are left out, which takes most of the time."""
    row = connection.execute(
        "SELECT string_agg(format('%I.%I', n.nspname, c.relname), ', ') FROM pg_class c"
        f" JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'm') AND {which}".encode()
    ).fetchone()
    if row is not None and row[0] is not None:
        options = "FREEZE, ANALYZE" + (", SKIP_DATABASE_STATS" if version >= 160000 else "")
        _run(connection, f"VACUUM ({options}) {row[0]}")


def _run(connection: Connection[tuple[object, ...]], statement: str) -> None:
    connection.execute(statement.encode())


def _count(connection: Connection[tuple[object, ...]], statement: str) -> int:
    row = connection.execute(statement.encode()).fetchone()
    return int(str(row[0])) if row else 0
