"""What happened between two writes of one task: a loop that writes at each turn does not read for reading's sake."""

from __future__ import annotations

import asyncio
import weakref
from typing import Any, NamedTuple

from greenshift.trace import Statement

_Runner = tuple[int | None, weakref.ref[asyncio.Task[Any]] | None]


class Turn(NamedTuple):
    """Statements of one thread and task with no write between them.

    Attributes:
        runner: the thread, and the task in it.
        number: how many writes went before.
    """

    runner: _Runner
    number: int


class Turns:
    """Counts the writes of each task."""

    def __init__(self) -> None:
        self._writes: dict[_Runner, int] = {}

    def of(self, statement: Statement) -> Turn:
        """Return the turn in which a statement runs."""
        runner = _runner(statement)
        return Turn(runner, self._writes.get(runner, 0))

    def end(self, statement: Statement) -> None:
        """Note that a statement writes."""
        runner = _runner(statement)
        self._writes[runner] = self._writes.get(runner, 0) + 1


def _runner(statement: Statement) -> _Runner:
    task = statement.task
    return statement.thread_id, None if task is None else weakref.ref(task)
