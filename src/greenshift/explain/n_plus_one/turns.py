"""What happened between two writes of one task: a loop that writes at each turn does not read for reading's sake."""

from __future__ import annotations

import asyncio
import threading
import weakref
from typing import Any, NamedTuple

from greenshift.trace import Statement
from greenshift.trace.place import running_loop

Runner = tuple[int | None, weakref.ref[asyncio.Task[Any]] | None]


class Turn(NamedTuple):
    """Statements of one thread and task with no write between them.

    Attributes:
        runner: the thread, and the task in it.
        number: how many writes went before.
    """

    runner: Runner
    number: int


class Turns:
    """Counts the writes of each task."""

    def __init__(self) -> None:
        self._writes: dict[Runner, int] = {}

    def of(self, statement: Statement) -> Turn:
        """Return the turn in which a statement runs."""
        runner = runner_of(statement)
        return Turn(runner, self._writes.get(runner, 0))

    def end(self, statement: Statement) -> None:
        """Note that a statement writes."""
        runner = runner_of(statement)
        self._writes[runner] = self._writes.get(runner, 0) + 1


def runner_here() -> Runner:
    """Return the thread and the task that are running."""
    loop = running_loop()
    task = None if loop is None else asyncio.current_task(loop)
    return threading.get_ident(), None if task is None else weakref.ref(task)


def runner_of(statement: Statement) -> Runner:
    """Return the thread and the task that ran a statement."""
    task = statement.task
    return statement.thread_id, None if task is None else weakref.ref(task)
