"""A digest of all that a database holds: its catalogs, its rows, its sequences. Two ways: in SQL, and by pg_dump."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

import psycopg

from greenshift.postgres import Server
from greenshift.postgres.servers.account import server_account
from greenshift.postgres.servers.binaries import embedded_programs, installed_programs

# What VACUUM, ANALYZE, TRUNCATE and setval change without changing what the database holds.
VOLATILE = {
    *("relfilenode", "relpages", "reltuples", "relallvisible", "relallfrozen"),
    *("relfrozenxid", "relminmxid", "indcheckxmin"),
}
STATISTICS = ("pg_statistic", "pg_statistic_ext_data")
_CATALOGS = """
SELECT c.relname, array_agg(a.attname::text) FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND (a.attnum > 0) AND NOT a.attisdropped
WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind = 'r' AND NOT c.relisshared
GROUP BY c.relname ORDER BY c.relname
"""
_RELATIONS = """
SELECT format('%I.%I', n.nspname, c.relname), c.relkind FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm', 'S') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND c.relispopulated ORDER BY 1
"""
# The first object identifier that is not a built-in object's.
FIRST_OID = 16384
_OWNERS = (
    "oid",
    "attrelid",
    "indexrelid",
    "adrelid",
    "objid",
    "objoid",
    "classoid",
    "inhrelid",
    "seqrelid",
    "partrelid",
)


def digest_statement(connection: psycopg.Connection[tuple[object, ...]]) -> bytes:
    """Return the query of ``digest`` for the relations that the connection's database has now.

    A relation made later does not appear in it under its name, but makes the digests of the catalogs differ.
    """
    parts = []
    for catalog, columns in connection.execute(_CATALOGS).fetchall():
        if catalog not in STATISTICS:
            parts.append(_catalog_part(str(catalog), list(columns)))  # type: ignore[call-overload]
    for name, kind in connection.execute(_RELATIONS).fetchall():
        if kind == "S":
            parts.append(f"SELECT {_literal(str(name))}, (SELECT ROW(last_value, is_called)::text FROM {name})")
        else:
            parts.append(
                f"SELECT {_literal(str(name))}, (SELECT count(*) || ' ' ||"
                f" md5(coalesce(string_agg(t::text, E'\\n' ORDER BY t::text COLLATE \"C\"), '')) FROM ONLY {name} t)"
            )
    return " UNION ALL ".join(parts).encode()


def digest(connection: psycopg.Connection[tuple[object, ...]], statement: bytes | None = None) -> dict[str, str]:
    """Return a hash for every catalog, table, materialized view and sequence of the connection's database."""
    rows = connection.execute(statement or digest_statement(connection), prepare=statement is not None).fetchall()
    return {str(name): str(value) for name, value in rows}


def _catalog_part(catalog: str, columns: list[str]) -> str:
    volatile = ",".join(column for column in columns if column in VOLATILE)
    row = f"(to_jsonb(t) - '{{{volatile}}}'::text[])::text" if volatile else "t::text"
    owner = next((column for column in _OWNERS if column in columns), None)
    # The schema public is a built-in object whose rights can be changed; large objects are numbered by the user.
    whole = catalog in ("pg_namespace", "pg_largeobject_metadata") or owner is None
    where = "" if whole else f" WHERE {owner} >= {FIRST_OID}"
    if catalog == "pg_namespace":
        # Left over from temporary tables, for the next session to use.
        where = " WHERE nspname !~ '^pg_(toast_)?temp_'"
    return (
        f"SELECT {_literal(catalog)}, (SELECT count(*) || ' ' ||"
        f" md5(coalesce(string_agg({row}, E'\\n' ORDER BY {row}), '')) FROM pg_catalog.{catalog} t{where})"
    )


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def client_program(server: Server, name: str) -> Path:
    """Return one of PostgreSQL's client programs, of the server's own major version."""
    if server.version >= 180000:
        return embedded_programs(server_account()).bin_directory / name
    return next(p for p in installed_programs() if p.version // 10000 == server.version // 10000).bin_directory / name


def dump(server: Server, database: str) -> list[str]:
    """Return the lines of ``pg_dump``; the rows of each table sorted, since their order means nothing."""
    completed = subprocess.run(
        [
            client_program(server, "pg_dump"),
            *("-h", server.address.host, "-p", str(server.address.port), "-U", server.address.user),
            "--quote-all-identifiers",
            database,
        ],
        capture_output=True,
        text=True,
        env={**os.environ, "PGPASSWORD": server.address.password or ""},
    )
    assert completed.returncode == 0, completed.stderr
    lines: list[str] = []
    rows: list[str] | None = None
    for line in completed.stdout.splitlines():
        # Newer versions guard a dump with a random key.
        if line.startswith(("\\restrict", "\\unrestrict")):
            continue
        if rows is None:
            lines.append(line)
            if line.startswith("COPY ") and line.endswith("FROM stdin;"):
                rows = []
        elif line == "\\.":
            lines += [*sorted(rows), line]
            rows = None
        else:
            rows.append(line)
    return lines


def dump_hash(server: Server, database: str) -> str:
    """Return a hash of ``dump``."""
    return hashlib.sha256("\n".join(dump(server, database)).encode()).hexdigest()
