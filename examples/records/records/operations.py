"""What records do, once for both flavours.

Each operation is a generator: it yields statements, is sent their rows, and returns its result. A manager drives it,
with or without ``await``; that is all in which ``DBModel`` and ``AsyncDBModel`` differ.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

from records import statements
from records.errors import RecordNotFoundError
from records.record import Key, Record
from records.statements import Statement

R = TypeVar("R", bound=Record)
T = TypeVar("T")
Row: TypeAlias = tuple[Any, ...]
Operation: TypeAlias = Generator[Statement, list[Row], T]


def get(model: type[R], key: Key) -> Operation[R | None]:
    """Read the record with a key."""
    found = yield from find_by(model, dict(zip(model.PRIMARY_KEY_DB_NAMES, key, strict=True)))
    return found[0] if found else None


def get_many(model: type[R], keys: Sequence[Key]) -> Operation[list[R]]:
    """Read the records with these keys, in the order of the primary key; no statement where there are none."""
    if not keys:
        return []
    rows = yield statements.select_in(model, model.PRIMARY_KEY_DB_NAMES, keys)
    return [model.from_row(row) for row in rows]


def list_all(model: type[R], limit: int | None, offset: int) -> Operation[list[R]]:
    """Read every record, or a part of them, in the order of the primary key."""
    rows = yield statements.select(model, limit=limit, offset=offset)
    return [model.from_row(row) for row in rows]


def find_by(model: type[R], criteria: Mapping[str, Any]) -> Operation[list[R]]:
    """Read the records whose columns have these values."""
    model.check_columns(criteria)
    rows = yield statements.select_equal(model, criteria)
    return [model.from_row(row) for row in rows]


def refresh(record: R) -> Operation[R]:
    """Read a record again, and forget what was loaded of others."""
    key = dict(zip(record.PRIMARY_KEY_DB_NAMES, record.stored_key, strict=True))
    rows = yield statements.select_equal(type(record), key)
    record.fill(_row_of(record, rows))
    record._loaded.clear()
    return record


def insert(record: R, *, or_update: bool = False) -> Operation[R]:
    """Add a record to the table, or change the row that has its key already."""
    names = record.given()
    query = statements.insert(type(record), names, or_update=or_update)
    rows = yield Statement(query, _values(record, names))
    record.fill(rows[0])
    record._loaded.clear()
    yield from _move_sequences(type(record), {name: [getattr(record, name)] for name in names})
    return record


def insert_many(model: type[R], records: Sequence[R]) -> Operation[list[R]]:
    """Add records, in one round trip for all that have values for the same columns."""
    alike: dict[tuple[str, ...], list[R]] = {}
    for record in records:
        alike.setdefault(tuple(record.given()), []).append(record)
    for names, group in alike.items():
        rows = yield Statement(
            statements.insert(model, names), [_values(record, names) for record in group], is_batch=True
        )
        for record, row in zip(group, rows, strict=True):
            record.fill(row)
            record._loaded.clear()
        yield from _move_sequences(model, {name: [getattr(record, name) for record in group] for name in names})
    return list(records)


def persist(record: R) -> Operation[R]:
    """Insert a record, or change the row with its key if it has one and there is such a row."""
    return (yield from insert(record, or_update=None not in record.key))


def update(record: R, values: Mapping[str, Any]) -> Operation[R]:
    """Change the record's row: what was assigned, and these values."""
    record.check_columns(values)
    for name, value in values.items():
        setattr(record, name, value)
    names = [name for name in record.COLUMNS if name in record._changed]
    if names:
        rows = yield statements.update(type(record), names, _values(record, names), record.stored_key)
        record.fill(_row_of(record, rows))
    return record


def delete(record: Record) -> Operation[bool]:
    """Delete the record's row; say whether there was one."""
    rows = yield statements.delete(type(record), record.stored_key)
    record.gone()
    return bool(rows)


def delete_by_key(model: type[Record], key: Key) -> Operation[bool]:
    """Delete the row with a key; say whether there was one."""
    return bool((yield statements.delete(model, key)))


def _row_of(record: Record, rows: Sequence[Row]) -> Row:
    if not rows:
        raise RecordNotFoundError(f"{record.TABLE_NAME} has no row with the key {record.stored_key!r}")
    return rows[0]


def _values(record: Record, names: Sequence[str]) -> list[Any]:
    return [statements.adapted(type(record), name, getattr(record, name)) for name in names]


def _move_sequences(model: type[Record], given: Mapping[str, Sequence[Any]]) -> Operation[None]:
    # The server moves a sequence for the values that it makes itself only.
    for name, values in given.items():
        if model.COLUMNS[name].is_generated:
            yield statements.move_sequence(model, name, max(values))
