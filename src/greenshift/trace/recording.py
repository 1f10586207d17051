"""Statements collected while a block of code runs."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from greenshift.trace.channel import Subscription
from greenshift.trace.statement import Statement
from greenshift.trace.statement_events import statements as stream


class Recording:
    """The statements of all threads and tasks between entering and leaving; may be nested and used twice.

    Args:
        parameters: whether the statements carry the values of their parameters.

    Attributes:
        statements: in the order in which they ended.
    """

    def __init__(self, *, parameters: bool = False) -> None:
        self.statements: list[Statement] = []
        self._parameters = parameters
        self._subscription: Subscription | None = None

    def start(self) -> Self:
        """Begin to collect."""
        if self._subscription is None:
            self._subscription = stream.subscribe(self.statements.append, parameters=self._parameters)
        return self

    def stop(self) -> None:
        """End; what was collected stays."""
        if self._subscription is not None:
            self._subscription.close()
            self._subscription = None

    def clear(self) -> None:
        """Forget what was collected so far."""
        self.statements.clear()

    def groups(self) -> dict[str, list[Statement]]:
        """Return the statements grouped by their normalised text, in the order of first appearance."""
        found: dict[str, list[Statement]] = {}
        for statement in list(self.statements):
            found.setdefault(statement.key, []).append(statement)
        return found

    def __len__(self) -> int:
        return len(self.statements)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()
