"""What a schema holds when it is new, and the statements that look for what changed and take it back."""

# ruff: noqa: S608 - the SQL is put together from names that PostgreSQL itself has quoted
from __future__ import annotations

from dataclasses import dataclass

from psycopg import Connection

from greenshift.postgres.schemas.catalog import SchemaDigest
from greenshift.postgres.sealing.catalog import SealedSequence

# A table emptied by DELETE keeps its pages of 8 kB; beyond this many it is truncated instead.
BLOATED_PAGES = 64

_TABLES = """
SELECT c.oid::bigint, format('%I.%I', n.nspname, c.relname), c.relkind,
    CASE WHEN c.relkind = 'm' THEN 'it is a materialized view'
        WHEN c.relforcerowsecurity THEN 'row security is forced on it'
        ELSE (SELECT min(format('its trigger %s fires', quote_ident(tgname))) FROM pg_trigger
              WHERE tgrelid = c.oid AND (NOT tgisinternal OR tgparentid <> 0 AND tgconstraint = 0)
                  AND tgenabled IN ('O', 'A') AND tgtype & 8 <> 0)
    END,
    -- A foreign key's own DELETE or UPDATE finds no rows here, but a trigger for statements fires all the same.
    (SELECT min(format('the trigger %s of %s fires', quote_ident(t.tgname), t.tgrelid::regclass))
     FROM pg_constraint f JOIN pg_trigger t ON t.tgrelid = f.conrelid
     WHERE f.contype = 'f' AND f.confrelid = c.oid AND f.confdeltype IN ('c', 'n', 'd')
        AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND t.tgtype & 1 = 0
        AND t.tgtype & CASE f.confdeltype WHEN 'c' THEN 8 ELSE 16 END <> 0),
    EXISTS (SELECT FROM pg_rewrite WHERE ev_class = c.oid AND ev_enabled IN ('O', 'A') AND ev_type = '4'),
    EXISTS (SELECT FROM pg_trigger
            WHERE tgrelid = c.oid AND NOT tgisinternal AND tgenabled IN ('O', 'A') AND tgtype & 32 <> 0)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.oid = {schema} AND (c.relkind IN ('r', 'p') OR c.relkind = 'm' AND c.relispopulated)
ORDER BY c.oid
"""
# Said by the statement above; such a table cannot be looked into by its owner either.
_FORCED = "row security is forced on it"
_REFERENCES = """
SELECT confrelid::bigint, conrelid::bigint FROM pg_constraint
WHERE contype = 'f' AND confrelid IN (SELECT oid FROM pg_class WHERE relnamespace = {schema})
UNION SELECT inhparent::bigint, inhrelid::bigint FROM pg_inherits
WHERE inhparent IN (SELECT oid FROM pg_class WHERE relnamespace = {schema} AND relkind = 'p')
"""
_SEQUENCES = """
SELECT c.oid::bigint, format('%I.%I', n.nspname, c.relname), s.seqcache > 1
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_sequence s ON s.seqrelid = c.oid
WHERE n.oid = {schema} ORDER BY c.oid
"""


@dataclass(frozen=True)
class PlannedTable:
    """One table or materialized view of the schema.

    Args:
        oid: its object identifier.
        name: its qualified name, quoted.
        partitioned: whether it stores nothing itself.
        rows: how many rows it holds when it is new, those of its children left out.
        guarded: why DELETE cannot be used on it, or None.
        truncatable: whether nothing fires on TRUNCATE and its kind allows it.
    """

    oid: int
    name: str
    partitioned: bool
    rows: int
    guarded: str | None
    truncatable: bool


class SchemaPlan:
    """What a schema of ours holds when it is new.

    Args:
        connection: a connection to its database, whose search path is ``pg_catalog``.
        schema: the schema's name.
    """

    def __init__(self, connection: Connection[tuple[object, ...]], schema: str) -> None:
        row = connection.execute("SELECT oid::bigint FROM pg_namespace WHERE nspname = %s", (schema,)).fetchone()
        assert row is not None
        self.schema = _integer(row[0])
        # Everything built has a smaller identifier, everything a test writes a larger one.
        self.horizon = str(_one(connection, "SELECT pg_current_xact_id()::xid::text"))
        self.digest = SchemaDigest(connection, self.schema, self.horizon)
        self.tables = _read_tables(connection, self.schema)
        self.sequences = _read_sequences(connection, self.schema)
        self._references: dict[int, set[int]] = {}
        for referenced, referencing in connection.execute(_filled(_REFERENCES, self.schema)).fetchall():
            self._references.setdefault(_integer(referenced), set()).add(_integer(referencing))
        stored = [table for table in self.tables.values() if not table.partitioned]
        self.empty = [table for table in stored if table.rows == 0 and table.guarded != "it is a materialized view"]
        self.seeded = [table for table in stored if table not in self.empty]
        self.finder = self._finder()

    def truncated_with(self, tables: list[PlannedTable]) -> list[PlannedTable] | None:
        """Return the tables to truncate so that these become empty: with all that refer to them.

        Returns:
            the tables, or None where one of them holds rows that must stay, or something fires on TRUNCATE.
        """
        wanted: set[int] = set()
        waiting = [table.oid for table in tables]
        while waiting:
            oid = waiting.pop()
            if oid in wanted:
                continue
            table = self.tables.get(oid)
            # A table elsewhere that refers to ours is nobody's to empty.
            if table is None or table.rows or not table.truncatable:
                return None
            wanted.add(oid)
            waiting += self._references.get(oid, ())
        return [self.tables[oid] for oid in sorted(wanted)]

    def young(self) -> str:
        """Return the condition that a row was written after the schema was new."""
        return f"age(xmin) < age('{self.horizon}'::xid)"

    def _finder(self) -> bytes:
        """Return the statement that answers what has changed: kind, position in its list, and a count."""
        parts = []
        if self.empty:
            oids = ",".join(str(table.oid) for table in self.empty)
            parts.append(
                f"SELECT 'empty', k.place::int - 1, pg_relation_size(k.oid) / 8192"
                f" FROM unnest(ARRAY[{oids}]::oid[]) WITH ORDINALITY AS k(oid, place) WHERE pg_relation_size(k.oid) > 0"
            )
        for place, table in enumerate(self.seeded):
            if table.guarded == _FORCED:
                parts.append(f"SELECT 'unknown', {place}, 0")
                continue
            old = f"count(*) FILTER (WHERE NOT ({self.young()}))"
            parts.append(
                f"SELECT CASE WHEN {old} = {table.rows} THEN 'more' ELSE 'changed' END, {place}, count(*)"
                f" FROM ONLY {table.name} HAVING {old} <> {table.rows} OR count(*) <> {table.rows}"
            )
        for place, sequence in enumerate(self.sequences):
            called = "true" if sequence.is_called else "false"
            parts.append(
                f"SELECT 'sequence', {place}, 1 FROM {sequence.name}"
                f" WHERE last_value <> {sequence.last_value} OR is_called <> {called}"
            )
        return " UNION ALL ".join(parts or ["SELECT '', 0, 0 WHERE false"]).encode()


def _read_tables(connection: Connection[tuple[object, ...]], schema: int) -> dict[int, PlannedTable]:
    found = {}
    for oid, name, kind, guard, cascading, has_rule, fires in connection.execute(_filled(_TABLES, schema)).fetchall():
        rows = 0 if kind == "p" else _count(connection, str(name), forced=guard == _FORCED)
        reason = guard or cascading or ("it has a rule for DELETE" if has_rule else None)
        guarded = None if reason is None else str(reason)
        found[_integer(oid)] = PlannedTable(
            _integer(oid), str(name), kind == "p", rows, guarded, kind != "m" and fires is not True
        )
    return found


def _count(connection: Connection[tuple[object, ...]], name: str, *, forced: bool) -> int:
    statement = f"SELECT count(*) FROM ONLY {name}"
    if not forced:
        return _integer(_one(connection, statement))
    with connection.transaction(force_rollback=True):
        connection.execute(f"ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY".encode())
        return _integer(_one(connection, statement))


def _read_sequences(connection: Connection[tuple[object, ...]], schema: int) -> list[SealedSequence]:
    found = []
    for oid, name, cached in connection.execute(_filled(_SEQUENCES, schema)).fetchall():
        row = connection.execute(f"SELECT last_value, is_called FROM {name}".encode()).fetchone()
        assert row is not None
        found.append(SealedSequence(_integer(oid), str(name), _integer(row[0]), row[1] is True, cached is True))
    return found


def _filled(statement: str, schema: int) -> bytes:
    return statement.replace("{schema}", str(schema)).encode()


def _one(connection: Connection[tuple[object, ...]], statement: str) -> object:
    row = connection.execute(statement.encode()).fetchone()
    return row[0] if row else None


def _integer(value: object) -> int:
    return int(str(value))
