"""How far a load has come, on standard error: a bar on a terminal, a line a measurement elsewhere."""

from __future__ import annotations

import sys

from rich.progress import TextColumn

from greenshift.load import plan
from greenshift.progress import Bars


class Bar(Bars):
    """Shows progress; a context manager."""

    def __init__(self) -> None:
        super().__init__(after=TextColumn("{task.description}", markup=False))
        self._task = self.display.add_task("", total=None) if self.display is not None else None

    def show(self, progress: plan.Progress) -> None:
        """Show how far it is."""
        if self.display is None or self._task is None:
            print(progress.finished or f"{progress.doing} ...", file=sys.stderr, flush=True)
            return
        if progress.finished:
            self.display.console.print(progress.finished)
        self.display.update(self._task, total=progress.total, completed=progress.done, description=progress.doing)
