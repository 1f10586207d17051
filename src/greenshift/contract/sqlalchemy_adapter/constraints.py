"""What a model's tables declare: uniques, checks, foreign keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    Enum,
    ForeignKeyConstraint,
    Index,
    Table,
    UniqueConstraint,
    create_mock_engine,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Mapper
from sqlalchemy.sql import ClauseElement, visitors

from greenshift.contract.description import ForeignKey
from greenshift.contract.sqlalchemy_adapter.names import Names, name_of

_DIALECT: Dialect = create_mock_engine("postgresql+psycopg://", lambda *_, **__: None).dialect


def tables_of(mapper: Mapper[Any]) -> list[Table]:
    """Return the tables that a model is stored in, its own first."""
    tables = [table for table in mapper.tables if isinstance(table, Table)]
    return sorted(tables, key=lambda table: table is not mapper.local_table)


def attribute_of(mapper: Mapper[Any], column: Column[Any]) -> str | None:
    """Return the attribute that a column is mapped to; None if it is not mapped."""
    for attribute in mapper.column_attrs:
        if any(one is column for one in attribute.columns):
            return attribute.key
    return None


def uniques(mapper: Mapper[Any], *, partial: bool = False) -> tuple[tuple[str, ...], ...]:
    """Return the sets of attributes that no two rows share, the primary key aside.

    Args:
        mapper: the model's.
        partial: return instead those that hold for the rows that an index picks.
    """
    found: set[tuple[str, ...]] = set()
    for table in tables_of(mapper):
        unique = [one for one in table.constraints if isinstance(one, UniqueConstraint)]
        sets = [] if partial else [list(one.columns) for one in unique]
        sets += [_columns(index, table) for index in table.indexes if index.unique and _is_partial(index) is partial]
        # What excludes each other is never the same, either.
        sets += [list(one.columns) for one in table.constraints if partial and isinstance(one, ExcludeConstraint)]
        for columns in sets:
            names = [attribute_of(mapper, column) for column in columns]
            if names and all(names):
                found.add(tuple(name for name in names if name))
    return tuple(sorted(found))


def is_indexed(column: Column[Any]) -> bool:
    """Tell whether a B-tree index of the table holds a column's values."""
    indexes = column.table.indexes if isinstance(column.table, Table) else ()
    return any(
        index.dialect_options["postgresql"]["using"] in (False, None, "btree")
        and any(one is column for one in index.columns)
        for index in indexes
    )


def _columns(index: Index, table: Table) -> list[Column[Any]]:
    """Return the columns that an index reads, those inside its expressions, too; an expression may name them only."""
    parts = [part for one in index.expressions if isinstance(one, ClauseElement) for part in visitors.iterate(one)]
    named = {column.name: column for column in table.columns}
    return list(dict.fromkeys(named[one.name] for one in parts if isinstance(one, Column) and one.name in named))


def _is_partial(index: Index) -> bool:
    # An index over an expression says less of the columns in it than one over them.
    plain = all(isinstance(one, Column) for one in index.expressions)
    return index.dialect_options["postgresql"]["where"] is not None or not plain


def checks(mapper: Mapper[Any]) -> tuple[str, ...]:
    """Return the conditions of the tables as SQL; those that SQLAlchemy adds for enums are not among them."""
    found = []
    for table in tables_of(mapper):
        # One written at a column is kept there, not at the table.
        for one in (*table.constraints, *(one for column in table.columns for one in column.constraints)):
            if isinstance(one, CheckConstraint) and not _belongs_to_a_type(one, table):
                found.append(str(one.sqltext.compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True})))
    return tuple(found)


def _belongs_to_a_type(check: CheckConstraint, table: Table) -> bool:
    return any(
        isinstance(column.type, Enum) and column.type.create_constraint and check.name == column.type.name
        for column in table.columns
    )


def foreign_keys(mapper: Mapper[Any], owners: Mapping[Table, Mapper[Any]], names: Names) -> tuple[ForeignKey, ...]:
    """Return a model's foreign keys, without those by which it inherits.

    Args:
        mapper: the model's.
        owners: the model of each table.
        names: the models' names.
    """
    return tuple(_foreign_keys(mapper, owners, names))


def _foreign_keys(mapper: Mapper[Any], owners: Mapping[Table, Mapper[Any]], names: Names) -> Iterator[ForeignKey]:
    for table in tables_of(mapper):
        for one in sorted(table.foreign_key_constraints, key=lambda key: [column.name for column in key.columns]):
            if _inherits(mapper, one):
                continue
            here = [attribute_of(mapper, element.parent) for element in one.elements]
            if not all(here):
                continue
            target = owners.get(one.referred_table)
            there = [attribute_of(target, element.column) for element in one.elements] if target is not None else []
            known = target is not None and all(there)
            yield ForeignKey(
                columns=tuple(name for name in here if name),
                target=name_of(target, names) if target is not None and known else "",
                target_columns=tuple(name for name in there if name) if known else (),
                is_deferred=(one.initially or "").upper() == "DEFERRED",
                on_delete=(one.ondelete or "").upper(),
            )


def _inherits(mapper: Mapper[Any], key: ForeignKeyConstraint) -> bool:
    """Tell whether a key leads from a table to one that the same record lies in, by the primary key."""
    return (
        key.referred_table is not key.table
        and key.referred_table in mapper.tables
        and all(column.primary_key for column in key.columns)
    )
