"""A definition built inside one schema: what would reach beyond it is refused, as far as it can be seen before."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import psycopg
from psycopg import Connection, sql
from sqlalchemy import Column, MetaData, Sequence

from greenshift.config import Config
from greenshift.definitions import BuildTarget, Definition, SQLiteTarget
from greenshift.definitions.failure import shown
from greenshift.definitions.load import load_object
from greenshift.definitions.sql_script import Statement, split
from greenshift.errors import ConfigurationError
from greenshift.postgres.databases.marker import lock_key
from greenshift.postgres.errors import TemplateError
from greenshift.postgres.schemas.place import SchemaPlace
from greenshift.testing.definition import definition_for
from greenshift.testing.schema_watch import SchemaEnvironment

_NAME = r'(?:"(?:[^"]|"")+"|[A-Za-z_\x80-\uffff][\w$\x80-\uffff]*)'
_CHANGES_PATH = re.compile(r"^SET\s+(?:SESSION\s+)?search_path\b|\bset_config\s*\(\s*'search_path'", re.IGNORECASE)
_CREATES_SCHEMA = re.compile(r"^CREATE\s+(?:SCHEMA|DATABASE|ROLE|USER|EVENT\s+TRIGGER)\b", re.IGNORECASE)
_QUALIFIED = re.compile(
    r"^(?:(?:CREATE|ALTER|DROP|COMMENT\s+ON)\b[^('=]*?\b(?:TABLE|VIEW|SEQUENCE|TYPE|DOMAIN|FUNCTION|PROCEDURE|INDEX)"
    r"|INSERT\s+INTO|UPDATE|DELETE\s+FROM|TRUNCATE(?:\s+TABLE)?|COPY)"
    rf"\s+(?:IF\s+(?:NOT\s+)?EXISTS\s+)?(?:ONLY\s+)?({_NAME})\s*\.\s*{_NAME}",
    re.IGNORECASE,
)
_INDEX_ON = re.compile(rf"^CREATE\s+[^(]*\bINDEX\b[^(]*?\bON\s+(?:ONLY\s+)?({_NAME})\s*\.", re.IGNORECASE)
_FIX = "let the names have no schema, or use isolation = 'rewind' on a server where databases can be created"

# What this role owns elsewhere: relations, types and functions outside of our schemas, schemas, extensions.
_OUTSIDE = """
SELECT 'pg_class'::regclass::oid::bigint, c.oid::bigint FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S') AND {outside} AND pg_get_userbyid(c.relowner) = current_user
UNION ALL SELECT 'pg_type'::regclass::oid::bigint, t.oid::bigint FROM pg_catalog.pg_type t
    JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
    WHERE t.typtype IN ('e', 'd', 'r') AND {outside} AND pg_get_userbyid(t.typowner) = current_user
UNION ALL SELECT 'pg_proc'::regclass::oid::bigint, p.oid::bigint FROM pg_catalog.pg_proc p
    JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
    WHERE {outside} AND pg_get_userbyid(p.proowner) = current_user
UNION ALL SELECT 'pg_namespace'::regclass::oid::bigint, n.oid::bigint FROM pg_catalog.pg_namespace n
    WHERE {outside} AND pg_get_userbyid(n.nspowner) = current_user
UNION ALL SELECT 'pg_extension'::regclass::oid::bigint, e.oid::bigint FROM pg_catalog.pg_extension e
    WHERE pg_get_userbyid(e.extowner) = current_user
ORDER BY 1, 2
""".replace("{outside}", "n.nspname !~ '^(pg_|greenshift_|information_schema$)'")
_EXTENSIONS = """
SELECT e.extname, n.nspname, n.nspname = ANY (pg_catalog.current_schemas(true))
FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
"""


def schema_definition(config: Config, place: SchemaPlace) -> Definition:
    """Return what the project's schema is made of, so that it lands in one schema and nowhere else.

    Args:
        config: the project's configuration.
        place: where the schema will be.

    Raises:
        ConfigurationError: something that the configuration names is not there, is of the wrong kind, or names
            a schema.
    """
    for path in config.metadata:
        _refuse_schemas_of_metadata(path)
    definition = definition_for(config, SchemaEnvironment(dict(config.env)))
    for name in (*config.sql, *(name for name in config.seed if name.endswith(".sql"))):
        _refuse_schemas_in_file(config.root / name)
    makes_something = bool(config.metadata or config.alembic or config.sql or config.setup)

    def build(target: BuildTarget) -> None:
        if isinstance(target, SQLiteTarget):
            raise TypeError("a schema is built on PostgreSQL")
        with target.connect() as connection:
            _require_extensions(connection, definition.extensions, owned=target.server.owned)
            before = set(connection.execute(_OUTSIDE.encode()).fetchall())
        definition.build(target)
        with target.connect() as connection:
            _refuse_outside(connection, before, definition.label)
            if makes_something and _is_empty(connection, place.name):
                raise TemplateError(
                    f"{definition.label} made nothing in the schema {place.name}",
                    "let it take its URL from where it is given one, and set no search path of its own",
                )

    return Definition(definition.fingerprint, build, definition.label, definition.extensions)


def _refuse_schemas_of_metadata(path: str) -> None:
    found = load_object(path, key="metadata")
    metadata = found if isinstance(found, MetaData) else getattr(found, "metadata", None)
    if not isinstance(metadata, MetaData):
        return  # said better where the definition is made
    for table in metadata.tables.values():
        if table.schema:
            raise ConfigurationError(
                f"metadata = {path!r}: the table {table.fullname} names a schema, "
                "so it would land outside of the tests' one",
                _FIX,
            )
        for column in table.columns:
            schema = next(_schemas_of(column), None)
            if schema is not None:
                raise ConfigurationError(
                    f"metadata = {path!r}: the column {column} uses something in the schema {schema!r}, "
                    "which would land outside of the tests' one",
                    _FIX,
                )


def _schemas_of(column: Column[object]) -> Iterator[str]:
    kind = column.type
    default = column.default
    for candidate in (
        getattr(kind, "schema", None),
        getattr(getattr(kind, "item_type", None), "schema", None),
        default.schema if isinstance(default, Sequence) else None,
    ):
        if isinstance(candidate, str) and candidate:
            yield candidate


def _refuse_schemas_in_file(path: Path) -> None:
    for part in split(path.read_text(encoding="utf-8-sig")):
        if not isinstance(part, Statement):
            continue
        where = f"{shown(path)}:{part.line}"
        if _CHANGES_PATH.search(part.text):
            raise ConfigurationError(f"{where} sets a search path, which would lead out of the tests' schema", _FIX)
        if _CREATES_SCHEMA.match(part.text):
            raise ConfigurationError(f"{where} creates something outside of the tests' schema", _FIX)
        found = _QUALIFIED.match(part.text) or _INDEX_ON.match(part.text)
        if found:
            raise ConfigurationError(
                f"{where} names the schema {found[1]}, so it would land outside of the tests' one", _FIX
            )


def _require_extensions(connection: Connection[tuple[object, ...]], wanted: Iterable[str], *, owned: bool) -> None:
    names = sorted(wanted)
    if names and owned:
        # Nobody else is on a server of ours, but other workers of this run are.
        connection.execute("SELECT pg_catalog.pg_advisory_lock(%s)", (lock_key("extensions"),))
        for name in names:
            statement = sql.SQL("CREATE EXTENSION IF NOT EXISTS {} SCHEMA public")
            try:
                connection.execute(statement.format(sql.Identifier(name)))
            except psycopg.Error as error:
                raise TemplateError(
                    f"the extension {name} cannot be created: {str(error).strip().splitlines()[0]}",
                    "use a server that has it: set server, or url, or add it to 'extensions'",
                ) from error
        connection.execute("SELECT pg_catalog.pg_advisory_unlock(%s)", (lock_key("extensions"),))
    installed = {str(name): (str(schema), seen is True) for name, schema, seen in connection.execute(_EXTENSIONS)}
    for name in names:
        if name not in installed:
            raise TemplateError(
                f"the extension {name} is not in this database, and schema isolation changes nothing in the database",
                f'have it created once: CREATE EXTENSION "{name}" SCHEMA public',
            )
        schema, seen = installed[name]
        if not seen:
            raise TemplateError(
                f"the extension {name} lies in the schema {schema}, which is not on the tests' search path "
                "(because it holds tables or types, or is not on the role's)",
                f'move it: CREATE SCHEMA extensions; ALTER EXTENSION "{name}" SET SCHEMA extensions; '
                "and add extensions to the role's search_path",
            )


def _refuse_outside(connection: Connection[tuple[object, ...]], before: set[tuple[object, ...]], label: str) -> None:
    made = [row for row in connection.execute(_OUTSIDE.encode()).fetchall() if row not in before]
    if made:
        row = connection.execute("SELECT pg_catalog.pg_describe_object(%s::oid, %s::oid, 0)", made[0]).fetchone()
        raise TemplateError(
            f"{label} made {row[0] if row else 'something'} outside of the tests' schema; it was left there", _FIX
        )


def _is_empty(connection: Connection[tuple[object, ...]], schema: str) -> bool:
    row = connection.execute(
        "SELECT NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.refobjid = n.oid"
        " AND d.refclassid = 'pg_catalog.pg_namespace'::regclass)"
        " FROM pg_catalog.pg_namespace n WHERE n.nspname = %s",
        (schema,),
    ).fetchone()
    return row is not None and row[0] is True
