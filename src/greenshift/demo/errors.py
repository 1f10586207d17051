"""What goes wrong in a demo."""

from __future__ import annotations

from collections.abc import Sequence

from greenshift.errors import GreenshiftError


class DemoError(GreenshiftError):
    """The demo cannot be run."""


class StepError(GreenshiftError):
    """A step of the demo could not do its work.

    Args:
        problem: what happened, one line.
        fix: what to do, one line.
        output: the last lines of the program that failed.
    """

    def __init__(self, problem: str, fix: str, output: Sequence[str] = ()) -> None:
        super().__init__(problem, fix)
        self.output = tuple(output)
