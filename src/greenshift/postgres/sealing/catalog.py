"""What a template holds: the tables and sequences that a rewind has to bring back."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import Connection, sql

# Greenshift's own objects. PostgreSQL's tools, SQLAlchemy and Alembic pass over schemas named pg_*.
SCHEMA = "pg_greenshift"
EVENT_TRIGGERS = ("greenshift_altered", "greenshift_dropped")


@dataclass(frozen=True)
class SealedTable:
    """One table that stores rows itself: plain, a leaf partition, or a parent by inheritance (its own rows only).

    Args:
        oid: its object identifier, the same in every clone.
        name: its qualified name, quoted.
        rows: how many rows it holds in the template, those of its children left out.
        pages: its size in the template, in pages of 8 kB.
        columns: the quoted names of the columns that are stored and not computed.
        key: pairs of a quoted column and the quoted operator that compares it, of a unique index; empty without one.
        guarded: what would fire, even in replication mode, when rows are deleted (or put back); None for nothing.
        ancestors: the object identifiers of its parents, near and far.
    """

    oid: int
    name: str
    rows: int
    pages: int
    columns: tuple[str, ...]
    key: tuple[tuple[str, str], ...]
    guarded: str | None
    ancestors: tuple[int, ...]


@dataclass(frozen=True)
class SealedSequence:
    """One sequence and its state in the template.

    Args:
        oid: its object identifier.
        name: its qualified name, quoted.
        last_value: the last value, or the first where it was never called.
        is_called: whether ``last_value`` was handed out already.
        cached: whether sessions hold values of it in advance.
    """

    oid: int
    name: str
    last_value: int
    is_called: bool
    cached: bool


_TABLES = """
WITH RECURSIVE ancestors(relation, ancestor) AS (
    SELECT inhrelid, inhparent FROM pg_inherits
    UNION SELECT a.relation, i.inhparent FROM ancestors a JOIN pg_inherits i ON i.inhrelid = a.ancestor
)
SELECT c.oid::bigint,
    format('%I.%I', n.nspname, c.relname),
    pg_relation_size(c.oid::regclass) / 8192,
    ARRAY(SELECT format('%I', attname) FROM pg_attribute
          WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum),
    ARRAY(SELECT format('trigger %s', quote_ident(tgname)) FROM pg_trigger
          WHERE tgrelid = c.oid AND tgenabled IN ('A', 'R') AND tgtype & 8 <> 0
          UNION SELECT format('rule %s', quote_ident(rulename)) FROM pg_rewrite
          WHERE ev_class = c.oid AND ev_enabled IN ('A', 'R') AND ev_type = '4' ORDER BY 1),
    ARRAY(SELECT format('trigger %s', quote_ident(tgname)) FROM pg_trigger
          WHERE tgrelid = c.oid AND tgenabled IN ('A', 'R') AND tgtype & 4 <> 0
          UNION SELECT format('rule %s', quote_ident(rulename)) FROM pg_rewrite
          WHERE ev_class = c.oid AND ev_enabled IN ('A', 'R') AND ev_type = '3' ORDER BY 1),
    ARRAY(SELECT ancestor::bigint FROM ancestors WHERE relation = c.oid ORDER BY ancestor)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY c.oid
"""

# Equality by the operator of the index itself: a type's own "=" may not be in pg_catalog.
_KEYS = """
SELECT DISTINCT ON (i.indrelid) i.indrelid::bigint,
    ARRAY(SELECT ARRAY[format('%I', a.attname), format('OPERATOR(%I.%s)', n.nspname, o.oprname)]
          FROM unnest(i.indkey::smallint[], i.indclass::oid[]) WITH ORDINALITY AS k(attnum, class, place)
          JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
          JOIN pg_opclass c ON c.oid = k.class
          JOIN pg_amop m ON m.amopfamily = c.opcfamily AND m.amopstrategy = 3
              AND m.amoplefttype = c.opcintype AND m.amoprighttype = c.opcintype
          JOIN pg_operator o ON o.oid = m.amopopr
          JOIN pg_namespace n ON n.oid = o.oprnamespace
          WHERE k.place <= i.indnkeyatts ORDER BY k.place)
FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am am ON am.oid = x.relam
WHERE am.amname = 'btree' AND i.indisunique AND i.indisvalid AND i.indimmediate
    AND i.indpred IS NULL AND i.indexprs IS NULL
    AND NOT EXISTS (SELECT FROM unnest(i.indkey::smallint[]) WITH ORDINALITY AS k(attnum, place)
                    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
                    WHERE k.place <= i.indnkeyatts AND (NOT a.attnotnull OR a.attgenerated <> ''))
ORDER BY i.indrelid, i.indisprimary DESC, i.indnkeyatts, i.indexrelid
"""

_SEQUENCES = """
SELECT c.oid::bigint, format('%I.%I', n.nspname, c.relname), s.seqcache > 1
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_sequence s ON s.seqrelid = c.oid
WHERE c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY c.oid
"""


def read_tables(connection: Connection[tuple[object, ...]]) -> list[SealedTable]:
    """Return the tables of the database that a connection leads to, with how many rows each holds."""
    keys: dict[int, tuple[tuple[str, str], ...]] = {}
    for relation, pairs in connection.execute(_KEYS).fetchall():
        keys[_integer(relation)] = tuple((str(pair[0]), str(pair[1])) for pair in map(_list, _list(pairs)))
    found = []
    for oid, name, pages, columns, deleting, inserting, ancestors in connection.execute(_TABLES).fetchall():
        counted = connection.execute(sql.SQL("SELECT count(*) FROM ONLY {}").format(sql.SQL(str(name)))).fetchone()
        rows = _integer(counted[0]) if counted else 0
        found.append(
            SealedTable(
                oid=_integer(oid),
                name=str(name),
                rows=rows,
                pages=_integer(pages),
                columns=tuple(str(column) for column in _list(columns)),
                key=keys.get(_integer(oid), ()),
                guarded=_guard(deleting) or (_guard(inserting) if rows else None),
                ancestors=tuple(_integer(ancestor) for ancestor in _list(ancestors)),
            )
        )
    return found


def read_sequences(connection: Connection[tuple[object, ...]]) -> list[SealedSequence]:
    """Return the sequences of the database that a connection leads to, with their state."""
    found = []
    for oid, name, cached in connection.execute(_SEQUENCES).fetchall():
        state = connection.execute(
            sql.SQL("SELECT last_value, is_called FROM {}").format(sql.SQL(str(name)))
        ).fetchone()
        assert state is not None
        found.append(SealedSequence(_integer(oid), str(name), _integer(state[0]), state[1] is True, cached is True))
    return found


def _guard(found: object) -> str | None:
    return str(_list(found)[0]) if _list(found) else None


def _integer(value: object) -> int:
    return int(str(value))


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []
