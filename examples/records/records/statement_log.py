"""The statements that were sent, for whoever wants to know."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from records.statements import Statement

_log: ContextVar[list[Statement] | None] = ContextVar("records_statement_log", default=None)


@contextmanager
def recorded_statements() -> Iterator[list[Statement]]:
    """Record what records send inside; tasks that are started inside count as well."""
    statements: list[Statement] = []
    token = _log.set(statements)
    try:
        yield statements
    finally:
        _log.reset(token)


def record(statement: Statement) -> None:
    """Note that a statement is sent."""
    statements = _log.get()
    if statements is not None:
        statements.append(statement)
