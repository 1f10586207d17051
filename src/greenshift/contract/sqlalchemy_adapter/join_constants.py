"""What a relationship's condition asks of the other record beside its columns: ``Address.kind == "billing"``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import (
    BinaryExpression,
    BindParameter,
    BooleanClauseList,
    Column,
    ColumnElement,
    False_,
    Null,
    True_,
    UnaryExpression,
)
from sqlalchemy.orm import Mapper, RelationshipProperty
from sqlalchemy.orm.exc import UnmappedColumnError
from sqlalchemy.sql import operators

_CONSTANTS: Final[dict[type[Any], Any]] = {Null: None, True_: True, False_: False}
_SETTING: Final = (operators.eq, operators.is_)
_OF_TRUTH: Final[dict[Any, bool]] = {operators.istrue: True, operators.isfalse: False}


def join_constants(one: RelationshipProperty[Any]) -> dict[str, Any]:
    """Return the values that a relationship's condition asks of the other record's columns; other parts are left out.

    Args:
        one: the relationship.
    """
    found = {}
    for part in parts_of(one.primaryjoin):
        column, value = _setting(part)
        name = _attribute(one.mapper, column)
        if name is not None:
            found[name] = value
    return found


def parts_of(condition: Any) -> Iterator[Any]:
    """Return the conditions that must all hold."""
    if isinstance(condition, BooleanClauseList) and condition.operator is operators.and_:
        for part in condition.clauses:
            yield from parts_of(part)
    else:
        yield condition


def _setting(part: Any) -> tuple[Any, Any]:
    """Return a column and its value; no column where a part says something else."""
    if isinstance(part, BinaryExpression) and part.operator in _SETTING:
        for column, value in ((part.left, part.right), (part.right, part.left)):
            if isinstance(value, BindParameter) and value.value is not None and value.callable is None:
                return column, value.value
            if type(value) in _CONSTANTS:
                return column, _CONSTANTS[type(value)]
    if isinstance(part, UnaryExpression) and part.operator in _OF_TRUTH:
        return part.element, _OF_TRUTH[part.operator]
    return (part, True) if isinstance(part, Column) else (None, None)


def _attribute(target: Mapper[Any], column: Any) -> str | None:
    if not isinstance(column, ColumnElement):
        return None
    try:
        return str(target.get_property_by_column(column).key)
    except UnmappedColumnError:
        return None
