"""What a statement's text tells: whether it reads or writes, and whether it reads page by page or many at once."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from time import time
from typing import Any, Final

from greenshift.trace import Statement

_COMMENTS: Final = re.compile(r"\s*(?:--[^\n]*\n\s*|/\*.*?\*/\s*)*", re.DOTALL)
_READS: Final = re.compile(r"\(*\s*(?:SELECT|WITH|TABLE|VALUES)\b", re.IGNORECASE)
_CHANGES: Final = re.compile(r"\b(?:INSERT\s+INTO|UPDATE\s+[\w\".]+\s+SET|DELETE\s+FROM|MERGE\s+INTO)\b", re.IGNORECASE)
_SETTINGS: Final = re.compile(r"(?:SHOW|SET|EXPLAIN|BEGIN|SAVEPOINT|RELEASE)\b", re.IGNORECASE)
_FROM: Final = re.compile(r"\bFROM\b", re.IGNORECASE)
_LOCKS: Final = re.compile(r"\bFOR\s+(?:NO\s+KEY\s+)?(?:UPDATE|SHARE|KEY\s+SHARE)\b", re.IGNORECASE)
_CATALOG: Final = re.compile(r"\b(?:pg_catalog\.|information_schema\.)", re.IGNORECASE)
_OFFSET: Final = re.compile(r"\bOFFSET\b", re.IGNORECASE)
_ORDERED_LIMIT: Final = re.compile(
    r"\bORDER\s+BY\b.*\b(?:LIMIT|FETCH\s+(?:FIRST|NEXT))\s+(?P<limit>%\(\w+\)s|[^\s)]+)", re.IGNORECASE | re.DOTALL
)
_NAMED: Final = re.compile(r"%\((\w+)\)s")
_NUMBERED: Final = re.compile(r"\$(\d+)")
_PLACEHOLDER: Final = r"(?:\$\d+|%\(\w+\)s|%s|\?|:\w+)(?:::[\w ]+)?"
_SEVERAL_IN: Final = re.compile(rf"\bIN\s*\(\s*{_PLACEHOLDER}\s*,\s*{_PLACEHOLDER}", re.IGNORECASE)
_COLLECTIONS: Final = frozenset({list, tuple, set, frozenset})
# A moment so near to the present, in seconds, is "now", which differs each time one asks.
_PRESENT: Final = 300.0


@lru_cache(maxsize=1024)
def reads_rows(sql: str) -> bool:
    """Return whether a statement only reads rows of tables.

    Not a call of a function (``SELECT nextval(...)``), nor one that locks the rows for a change, nor a look into
    the server's catalog.
    """
    begins = sql[_COMMENTS.match(sql).end() :]  # type: ignore[union-attr]
    return (
        _READS.match(begins) is not None
        and _FROM.search(sql) is not None
        and not (_CHANGES.search(sql) or _LOCKS.search(sql) or _CATALOG.search(sql))
    )


def writes(sql: str) -> bool:
    """Return whether a statement that is not the ORM's own changes something."""
    begins = sql[_COMMENTS.match(sql).end() :]  # type: ignore[union-attr]
    if _READS.match(begins):
        return _CHANGES.search(sql) is not None
    return _SETTINGS.match(begins) is None


def reads_in_batches(statement: Statement) -> bool:
    """Return whether a SELECT asks for many at once: a page, a list of keys, an array.

    Args:
        statement: one that carries the values of its parameters.
    """
    is_batch, limit = _pieces(statement.sql)
    if is_batch or any(type(value) in _COLLECTIONS and len(value) > 1 for value in _values(statement.parameters)):
        return True
    return limit is not None and _limit(limit, statement.parameters) != 1


@lru_cache(maxsize=1024)
def _pieces(sql: str) -> tuple[bool, str | None]:
    """Return whether a text alone says that it asks for many, and what stands behind an ordered LIMIT."""
    found = _ORDERED_LIMIT.search(sql)
    is_batch = _OFFSET.search(sql) is not None or _SEVERAL_IN.search(sql) is not None
    return is_batch, None if found is None else found["limit"]


def digest(parameters: Any) -> int:
    """Return a number that tells values apart without telling them; the present moment is always the same."""
    return hash(tuple(_hash(value) for value in _values(parameters)))


def _values(parameters: Any) -> tuple[Any, ...]:
    if isinstance(parameters, dict):
        return tuple(parameters.values())
    return tuple(parameters) if isinstance(parameters, list | tuple) else ()


def _hash(value: Any) -> int:
    if isinstance(value, datetime | float) and _is_present(value):
        return 0
    try:
        return hash(value)
    except TypeError:
        return hash(repr(value))


def _is_present(value: datetime | float) -> bool:
    moments = [value]
    try:
        if isinstance(value, datetime):
            # Without a zone it may be the local time or, from utcnow(), UTC.
            as_utc = [] if value.tzinfo else [value.replace(tzinfo=UTC)]
            moments = [moment.timestamp() for moment in (value, *as_utc)]
    except (OverflowError, ValueError, OSError):
        return False
    now = time()
    return any(abs(moment - now) < _PRESENT for moment in moments)  # type: ignore[operator]


def _limit(text: str, parameters: Any) -> int | None:
    """Return the rows that a LIMIT allows, or None where that cannot be told."""
    value: Any = text
    named, numbered = _NAMED.match(text), _NUMBERED.match(text)
    if named and isinstance(parameters, dict):
        value = parameters.get(named[1])
    elif numbered and isinstance(parameters, list | tuple) and int(numbered[1]) <= len(parameters):
        value = parameters[int(numbered[1]) - 1]
    try:
        return int(value)
    except (TypeError, ValueError):
        return None
