"""A column's two defaults: the model's and the server's."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from sqlalchemy import Boolean, Column, ColumnDefault, DefaultClause, Dialect, Enum, Numeric, String, literal
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.types import Integer

_LITERAL: Final = re.compile(
    r"\(*\s*(?:'(?P<text>(?:[^']|'')*)'|(?P<bare>[\w.+-]+))\s*(?:::[\w\" ]+(?:\(\d+\))?)?\s*\)*"
)
_TRUTH: Final = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}


def default_difference(column: Column[Any], dialect: Dialect) -> str:
    """Return how a column's two defaults contradict each other, for people; empty if they do not, or nobody can tell.

    Args:
        column: of a table.
        dialect: writes the model's default as the database would see it.
    """
    ours, theirs = column.default, column.server_default
    if not isinstance(ours, ColumnDefault) or not ours.is_scalar or not isinstance(theirs, DefaultClause):
        return ""
    try:
        written = str(literal(ours.arg, column.type).compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
        if isinstance(theirs.arg, str):
            server: str | None = theirs.arg
        else:
            server = _text(column, str(theirs.arg.compile(dialect=dialect, compile_kwargs={"literal_binds": True})))
    except (SQLAlchemyError, NotImplementedError, TypeError, ValueError, AttributeError):
        return ""
    first, second = _value(column, _text(column, written)), _value(column, server)
    if first is None or second is None or first == second:
        return ""
    shown = [str(one) if isinstance(one, Decimal) else repr(one) for one in (first, second)]
    return f"{shown[0]} by the model and {shown[1]} by the server"


def _text(column: Column[Any], sql: str) -> str | None:
    """Return what a literal says; None of an expression."""
    found = _LITERAL.fullmatch(sql.strip())
    if found is None:
        return None
    text = found["text"]
    if text is not None:
        return text.replace("''", "'")
    # A word is a function's name: CURRENT_USER.
    return found["bare"] if isinstance(column.type, Boolean | Integer | Numeric) else None


def _value(column: Column[Any], text: str | None) -> Any:
    if text is None:
        return None
    if isinstance(column.type, Boolean):
        return _TRUTH.get(text.strip().lower())
    if isinstance(column.type, Integer | Numeric):
        try:
            return Decimal(text)
        except InvalidOperation:
            return None
    return text if isinstance(column.type, String | Enum) else None
