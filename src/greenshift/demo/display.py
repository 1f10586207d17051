"""How far the demo is: one paragraph for each step, and on a terminal a spinner while it runs."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Final, Self, TextIO

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from greenshift.demo.step import Result, State, Step
from greenshift.masking import mask

_STYLES: Final = {State.DONE: "green", State.FAILED: "red", State.LEFT_OUT: "yellow"}
_WORDS: Final = {State.DONE: "ok", State.FAILED: "failed", State.LEFT_OUT: "left out"}
_INDENT: Final = "      "
_TITLE: Final = 38


class Display:
    """Prints the steps; a context manager.

    Args:
        stream: where to.
        total: how many steps there are.
    """

    def __init__(self, stream: TextIO, total: int) -> None:
        self._console = Console(file=stream, highlight=False, markup=False, emoji=False, soft_wrap=True)
        self._total = total
        self._number = 0
        self._spinner = Progress(
            TextColumn(" {task.fields[number]}"),
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            TimeElapsedColumn(),
            TextColumn("{task.fields[doing]}", style="dim", markup=False),
            console=self._console,
            transient=True,
            disable=not stream.isatty(),
        )
        self._task = self._spinner.add_task("", total=None, number="", doing="", visible=False)

    def say(self, line: str = "", style: str = "") -> None:
        """Print a line."""
        self._console.print(Text(mask(line), style=style))

    def begin(self, step: Step) -> None:
        """Show that a step runs."""
        number = f"{self._number + 1}/{self._total}"
        self._spinner.reset(self._task, description=step.title, number=number, doing="", visible=True)
        if self._spinner.disable:
            # Whoever reads a pipe sees what is under way, too.
            self.say(f"{number} {step.title} ...", "dim")

    def tell(self, text: str) -> None:
        """Show how far the step is."""
        room = max(self._console.width - _TITLE - 20, 10)
        self._spinner.update(self._task, doing=mask(text)[:room])

    def end(self, result: Result) -> None:
        """Print what came of a step."""
        self._number += 1
        self._spinner.update(self._task, visible=False)
        line = Text(f"{self._number:>2}  {result.step.title:<{_TITLE}} ", style="bold")
        time = f"{result.seconds:>6.1f} s" if result.state is not State.LEFT_OUT else " " * 8
        line.append(f"{time}  ", style="not bold")
        line.append(_WORDS[result.state], style=_STYLES[result.state])
        self._console.print(line)
        self.say(f"{_INDENT}$ {result.step.command}", "dim")
        if result.found is not None:
            self.say(f"{_INDENT}{result.found.words}")
            for note in result.found.notes:
                self.say(f"{_INDENT}  {note}", "dim")
        for text in result.output:
            self.say(f"{_INDENT}  | {text}", "dim")
        if result.state is State.LEFT_OUT:
            self.say(f"{_INDENT}{result.problem}")
        elif result.problem:
            self.say(f"{_INDENT}error: {result.problem}", "red")
            self.say(f"{_INDENT}fix: {result.fix}")
        sys.stdout.flush()

    def __enter__(self) -> Self:
        self._spinner.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._spinner.stop()
