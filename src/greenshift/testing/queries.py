"""``db_queries``: the SQL that a test sent, and budgets for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from greenshift.trace import Statement

_SHOWN_STATEMENTS = 20


class QueryBudgetExceededError(AssertionError):
    """A block sent more or fewer statements than its budget allows."""


@dataclass(frozen=True)
class QueryWindow:
    """The statements that one ``expect`` block sent; complete when the block has ended."""

    _log: list[Statement]
    _start: int
    _end: list[int]

    @property
    def statements(self) -> Sequence[Statement]:
        """The statements in the order in which they ended."""
        return self._log[self._start : self._end[0] if self._end else None]

    @property
    def count(self) -> int:
        """How many statements there are."""
        return len(self.statements)

    def __len__(self) -> int:
        return self.count


class QueryLog:
    """The SQL that the running test sent, from every thread, task and engine of this process.

    Example:
        ``with db_queries.expect(max=3): client.get("/users")``
    """

    def __init__(self) -> None:
        self._log: list[Statement] = []

    def add(self, statement: Statement) -> None:
        """Append a statement; the plugin calls this."""
        self._log.append(statement)

    @property
    def statements(self) -> Sequence[Statement]:
        """Every statement since the test's set-up began, fixtures included."""
        return tuple(self._log)

    @property
    def count(self) -> int:
        """How many statements were sent since the test's set-up began."""
        return len(self._log)

    def __len__(self) -> int:
        return len(self._log)

    def __iter__(self) -> Iterator[Statement]:
        return iter(tuple(self._log))

    @contextmanager
    def expect(
        self,
        *,
        max: int | None = None,  # noqa: A002 - the word that reads best at the call
        min: int | None = None,  # noqa: A002
        exactly: int | None = None,
    ) -> Iterator[QueryWindow]:
        """Fail the test when the block sends more or fewer statements than allowed.

        Args:
            max: the most statements allowed.
            min: the fewest statements required.
            exactly: the number required.

        Raises:
            QueryBudgetExceededError: the number is outside the budget; the message lists the statements.
            TypeError: no budget was given.
        """
        if max is None and min is None and exactly is None:
            raise TypeError("expect() needs max=, min= or exactly=")
        end: list[int] = []
        window = QueryWindow(self._log, len(self._log), end)
        yield window
        end.append(len(self._log))
        count = window.count
        allowed = _budget(max, min, exactly)
        if (
            (exactly is not None and count != exactly)
            or (max is not None and count > max)
            or (min is not None and count < min)
        ):
            raise QueryBudgetExceededError(f"{count} statements were sent, {allowed}:\n{_listing(window.statements)}")


def _budget(most: int | None, fewest: int | None, exactly: int | None) -> str:
    parts = []
    if exactly is not None:
        parts.append(f"exactly {exactly} expected")
    if most is not None:
        parts.append(f"at most {most} expected")
    if fewest is not None:
        parts.append(f"at least {fewest} expected")
    return " and ".join(parts)


def _listing(statements: Sequence[Statement]) -> str:
    lines = []
    for number, statement in enumerate(statements[:_SHOWN_STATEMENTS], 1):
        sql = " ".join(statement.sql.split())
        where = f"  [{statement.call_site}]" if statement.call_site else ""
        lines.append(f"  {number}. {sql[:200]}{where}")
    hidden = len(statements) - _SHOWN_STATEMENTS
    if hidden > 0:
        lines.append(f"  ... and {hidden} more")
    return "\n".join(lines) or "  (none)"
