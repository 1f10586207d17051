"""A digest of a schema's definition: it changes with every DDL in the schema, and with nothing else."""

# ruff: noqa: S608 - the SQL is put together from numbers
from __future__ import annotations

from collections.abc import Sequence

from psycopg import Connection

# Parts told by rows that only DDL writes: the catalog, and its column that leads to relations, types or functions.
_RELATION_PARTS = (
    ("columns", "pg_attribute", "attrelid"),
    ("column defaults", "pg_attrdef", "adrelid"),
    ("constraints", "pg_constraint", "conrelid"),
    ("indexes", "pg_index", "indrelid"),
    ("triggers", "pg_trigger", "tgrelid"),
    ("views or rules", "pg_rewrite", "ev_class"),
    ("policies", "pg_policy", "polrelid"),
    ("inheritance or partitions", "pg_inherits", "inhrelid"),
    ("sequences", "pg_sequence", "seqrelid"),
    ("extended statistics", "pg_statistic_ext", "stxrelid"),
)
_TYPE_PARTS = (
    ("types", "pg_type", "oid"),
    ("domains", "pg_constraint", "contypid"),
    ("enumerations", "pg_enum", "enumtypid"),
)
_FUNCTION_PARTS = (("functions", "pg_proc", "oid"),)

# TRUNCATE, VACUUM and the like write pg_class too, so its columns decide and not the age of its rows.
_RELATIONS = """SELECT md5(string_agg(ROW(c.oid, c.relname, c.relnamespace, c.relkind, c.relowner, c.relacl,
    c.relpersistence, c.reloptions, c.relrowsecurity, c.relforcerowsecurity, c.relispartition, c.relpartbound,
    c.relnatts, c.reltablespace, c.relreplident, c.relam, c.relispopulated)::text, ',' ORDER BY c.oid))
    FROM pg_catalog.pg_class c WHERE c.oid = ANY ({relations})"""
# Tables, views, sequences, types, functions, operators, collations...: all that lies in a schema depends on it.
_OBJECTS = """SELECT md5(string_agg(d.classid || '.' || d.objid, ',' ORDER BY d.classid, d.objid))
    FROM pg_catalog.pg_depend d
    WHERE d.refclassid = 'pg_catalog.pg_namespace'::regclass AND d.refobjid = {schema}"""
_COMMENTS = """SELECT concat_ws(':', count(*), count(*) FILTER (WHERE age(d.xmin) < age('{horizon}'::xid)))
    FROM pg_catalog.pg_description d
    WHERE d.objoid = ANY ({relations}) AND d.classoid = 'pg_catalog.pg_class'::regclass"""
_RIGHTS = """SELECT ROW(n.nspname, n.nspowner, n.nspacl)::text FROM pg_catalog.pg_namespace n WHERE n.oid = {schema}"""


class SchemaDigest:
    """How a schema's definition looked at one moment.

    Args:
        connection: a connection to its database.
        schema: the schema's object identifier.
        horizon: a transaction identifier: all that belongs to the definition is older, all that comes is younger.
    """

    def __init__(self, connection: Connection[tuple[object, ...]], schema: int, horizon: str) -> None:
        self._names, self._statement = _statement(
            schema,
            horizon,
            relations=_identifiers(connection, "pg_class", "relnamespace", schema),
            types=_identifiers(connection, "pg_type", "typnamespace", schema),
            functions=_identifiers(connection, "pg_proc", "pronamespace", schema),
        )
        self._parts = self._read(connection)

    def changes(self, connection: Connection[tuple[object, ...]]) -> list[str]:
        """Return what parts of the definition have changed since, in words; empty when none has."""
        now = self._read(connection)
        return [name for name, before, after in zip(self._names, self._parts, now, strict=True) if before != after]

    def _read(self, connection: Connection[tuple[object, ...]]) -> Sequence[object]:
        row = connection.execute(self._statement, prepare=True).fetchone()
        assert row is not None
        return row


def _identifiers(connection: Connection[tuple[object, ...]], catalog: str, column: str, schema: int) -> list[int]:
    statement = f"SELECT oid::bigint FROM pg_catalog.{catalog} WHERE {column} = {schema} ORDER BY 1"
    return [int(str(row[0])) for row in connection.execute(statement.encode()).fetchall()]


def _statement(
    schema: int, horizon: str, *, relations: list[int], types: list[int], functions: list[int]
) -> tuple[list[str], bytes]:
    parts = [
        ("the set of objects", _OBJECTS),
        ("tables", _RELATIONS),
        ("comments", _COMMENTS),
        ("rights on the schema", _RIGHTS),
    ]
    parts += [(name, _counted(catalog, column, relations)) for name, catalog, column in _RELATION_PARTS]
    parts += [(name, _counted(catalog, column, types)) for name, catalog, column in _TYPE_PARTS]
    parts += [(name, _counted(catalog, column, functions)) for name, catalog, column in _FUNCTION_PARTS]
    selected = ",\n".join(
        f"({part.format(relations=_array(relations), schema=schema, horizon=horizon)})" for _, part in parts
    )
    return [name for name, _ in parts], f"SELECT {selected}".encode()


def _counted(catalog: str, column: str, among: list[int]) -> str:
    if not among:
        return "SELECT 0"
    counts = "concat_ws(':', count(*), count(*) FILTER (WHERE age(t.xmin) < age('{horizon}'::xid)))"
    return f"SELECT {counts} FROM pg_catalog.{catalog} t WHERE t.{column} = ANY ({_array(among)})"


def _array(identifiers: list[int]) -> str:
    return f"ARRAY[{','.join(map(str, identifiers))}]::oid[]"
