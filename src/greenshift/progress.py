"""The progress of long work, on standard error where that is a terminal."""

from __future__ import annotations

import sys
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)


def spinner() -> Progress:
    """Return a progress display of one line, which goes away when the work is done."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    )


class Bars:
    """Bars that go away when the work is done; a context manager.

    Args:
        before: a column before the bar.
        after: a column behind the bar, its numbers and its time.

    Attributes:
        display: takes the tasks; None where standard error is no terminal, and a line a step is to be written.
    """

    def __init__(self, *, before: ProgressColumn | None = None, after: ProgressColumn) -> None:
        console = Console(stderr=True, highlight=False, markup=False)
        columns = (BarColumn(bar_width=30), MofNCompleteColumn(), TimeElapsedColumn(), after)
        self.display: Progress | None = None
        if console.is_terminal:
            first = () if before is None else (before,)
            self.display = Progress(*first, *columns, console=console, transient=True)

    def __enter__(self) -> Self:
        if self.display is not None:
            self.display.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.display is not None:
            self.display.stop()
