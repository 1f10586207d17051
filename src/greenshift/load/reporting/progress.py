"""How far a load has come, on standard error: a bar on a terminal, a line a measurement elsewhere."""

from __future__ import annotations

import sys
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from greenshift.load import plan


class Bar:
    """Shows progress; a context manager."""

    def __init__(self) -> None:
        console = Console(stderr=True, highlight=False, markup=False)
        self._bar = (
            Progress(
                BarColumn(bar_width=30),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                TextColumn("{task.description}", markup=False),
                console=console,
                transient=True,
            )
            if console.is_terminal
            else None
        )
        self._task = self._bar.add_task("", total=None) if self._bar is not None else None

    def show(self, progress: plan.Progress) -> None:
        """Show how far it is."""
        if self._bar is None or self._task is None:
            print(progress.finished or f"{progress.doing} ...", file=sys.stderr, flush=True)
            return
        if progress.finished:
            self._bar.console.print(progress.finished)
        self._bar.update(self._task, total=progress.total, completed=progress.done, description=progress.doing)

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()
