"""How far a verification has come, on standard error: bars on a terminal, a line a step elsewhere."""

from __future__ import annotations

import sys
from typing import Final

from rich.progress import TaskID, TextColumn

from greenshift.progress import Bars
from greenshift.shift.verify.running.pytest_run import Progress

_STEPS: Final = {"before": "tests before", "after": "tests after", "walk": "walk"}


class StepBars(Bars):
    """Shows a bar for each step; a context manager."""

    def __init__(self) -> None:
        super().__init__(
            before=TextColumn("{task.description:<13}"), after=TextColumn("{task.fields[name]}", markup=False)
        )
        self._tasks: dict[str, TaskID] = {}
        self._said: set[str] = set()

    def show(self, progress: Progress) -> None:
        """Show how far a step has come."""
        words = _STEPS.get(progress.step, progress.step)
        if self.display is None:
            if progress.step not in self._said:
                self._said.add(progress.step)
                print(f"{words} ...", file=sys.stderr)
            return
        if progress.step not in self._tasks:
            self._tasks[progress.step] = self.display.add_task(words, total=None, name="")
        self.display.update(
            self._tasks[progress.step], total=progress.total, completed=progress.done, name=progress.name[-60:]
        )
