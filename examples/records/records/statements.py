"""The SQL, composed by psycopg: names are quoted, values are always parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import sql
from psycopg.types.json import Jsonb

from records.record import Key, Record


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement to be sent.

    Attributes:
        query: its text.
        parameters: its values, once for each time that it is sent.
        is_batch: whether it is sent once for each element of ``parameters``, in one round trip.
    """

    query: sql.Composed
    parameters: Sequence[Any] = ()
    is_batch: bool = False


def adapted(model: type[Record], name: str, value: Any) -> Any:
    """Return a column's value as psycopg takes it."""
    return Jsonb(value) if value is not None and model.COLUMNS[name].json else value


def select(
    model: type[Record],
    condition: sql.Composable | None = None,
    parameters: Sequence[Any] = (),
    *,
    limit: int | None = None,
    offset: int = 0,
) -> Statement:
    """Read rows in the order of their primary key."""
    parts: list[sql.Composable] = [
        sql.SQL("SELECT {} FROM {}").format(_names(model.COLUMNS), sql.Identifier(model.TABLE_NAME))
    ]
    if condition is not None:
        parts.append(sql.SQL("WHERE {}").format(condition))
    parts.append(sql.SQL("ORDER BY {}").format(_names(model.PRIMARY_KEY_DB_NAMES)))
    values = list(parameters)
    if limit is not None:
        parts.append(sql.SQL("LIMIT %s"))
        values.append(limit)
    if offset:
        parts.append(sql.SQL("OFFSET %s"))
        values.append(offset)
    return Statement(sql.SQL(" ").join(parts), values)


def select_equal(model: type[Record], criteria: Mapping[str, Any]) -> Statement:
    """Read the rows whose columns have these values; None finds NULL."""
    if not criteria:
        return select(model)
    terms = [
        sql.SQL("{} IS NULL" if value is None else "{} = %s").format(sql.Identifier(name))
        for name, value in criteria.items()
    ]
    values = [adapted(model, name, value) for name, value in criteria.items() if value is not None]
    return select(model, sql.SQL(" AND ").join(terms), values)


def select_in(model: type[Record], names: Sequence[str], keys: Sequence[Key]) -> Statement:
    """Read the rows whose columns have one of these combinations of values."""
    if len(names) == 1:
        # One parameter whatever the number of values, so that the server sees one statement.
        return select(model, sql.SQL("{} = ANY(%s)").format(sql.Identifier(names[0])), [[key[0] for key in keys]])
    row = sql.SQL("({})").format(_placeholders(len(names)))
    condition = sql.SQL("({}) IN ({})").format(_names(names), sql.SQL(", ").join([row] * len(keys)))
    return select(model, condition, [value for key in keys for value in key])


def insert(model: type[Record], names: Sequence[str], *, or_update: bool = False) -> sql.Composed:
    """Add a row with values for some columns.

    Args:
        model: of which table.
        names: the columns.
        or_update: whether a row with the same primary key is to be changed instead.
    """
    table = sql.Identifier(model.TABLE_NAME)
    if not names:
        return sql.SQL("INSERT INTO {} DEFAULT VALUES RETURNING {}").format(table, _names(model.COLUMNS))
    conflict: sql.Composable = sql.SQL("")
    if or_update:
        # A row of nothing but its key is set to what it is, since RETURNING leaves out what is not written.
        others = [name for name in names if name not in model.PRIMARY_KEY_DB_NAMES] or names
        conflict = sql.SQL("ON CONFLICT ({}) DO UPDATE SET {} ").format(
            _names(model.PRIMARY_KEY_DB_NAMES),
            sql.SQL(", ").join(sql.SQL("{0} = EXCLUDED.{0}").format(sql.Identifier(name)) for name in others),
        )
    return sql.SQL("INSERT INTO {} ({}) VALUES ({}) {}RETURNING {}").format(
        table, _names(names), _placeholders(len(names)), conflict, _names(model.COLUMNS)
    )


def update(model: type[Record], names: Sequence[str], values: Sequence[Any], key: Key) -> Statement:
    """Change some columns of the row with a key."""
    query = sql.SQL("UPDATE {} SET {} WHERE {} RETURNING {}").format(
        sql.Identifier(model.TABLE_NAME),
        sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(name)) for name in names),
        _has_key(model),
        _names(model.COLUMNS),
    )
    return Statement(query, [*values, *key])


def delete(model: type[Record], key: Key) -> Statement:
    """Delete the row with a key; the answer has a row if there was one."""
    query = sql.SQL("DELETE FROM {} WHERE {} RETURNING {}").format(
        sql.Identifier(model.TABLE_NAME), _has_key(model), _names(model.PRIMARY_KEY_DB_NAMES)
    )
    return Statement(query, key)


def move_sequence(model: type[Record], name: str, value: int) -> Statement:
    """Move a column's sequence forward, so that the next value that it makes comes after a given one.

    The lock, held until the transaction ends, keeps two that do this at once from moving it back.
    ``setval`` itself is never undone: after a rollback the sequence leaves a gap.
    """
    query = sql.SQL(
        "WITH place AS MATERIALIZED (SELECT pg_get_serial_sequence({}, {})::regclass AS sequence),"
        " locked AS MATERIALIZED (SELECT sequence, pg_advisory_xact_lock(sequence::oid::bigint) FROM place"
        " WHERE sequence IS NOT NULL)"
        " SELECT setval(sequence, %s::bigint) FROM locked"
        " WHERE coalesce(pg_sequence_last_value(sequence), 0) < %s::bigint"
    ).format(sql.Literal(sql.Identifier(model.TABLE_NAME).as_string()), sql.Literal(name))
    return Statement(query, [value, value])


def _has_key(model: type[Record]) -> sql.Composed:
    return sql.SQL(" AND ").join(sql.SQL("{} = %s").format(sql.Identifier(name)) for name in model.PRIMARY_KEY_DB_NAMES)


def _names(names: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(name) for name in names)


def _placeholders(count: int) -> sql.Composed:
    return sql.SQL(", ").join([sql.Placeholder()] * count)
