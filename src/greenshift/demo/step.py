"""A step of the demo, and what came of it."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from greenshift.report.page import Page

if TYPE_CHECKING:
    from greenshift.demo.ground import Ground

Tell = Callable[[str], None]


class State(enum.StrEnum):
    """How a step ended."""

    DONE = "done"
    FAILED = "failed"
    LEFT_OUT = "left out"


@dataclass(frozen=True)
class Found:
    """What a step measured.

    Args:
        words: its figures, in one line.
        notes: further lines, shown below it: an explanation, what was reduced.
        data: the figures themselves, for ``--json``.
        page: the part's own page of the report.
        problem: why the step counts as failed although it ran; empty where it does not.
        fix: what to do about that.
    """

    words: str
    notes: tuple[str, ...] = ()
    data: dict[str, Any] = field(default_factory=dict)
    page: Page | None = None
    problem: str = ""
    fix: str = ""


@dataclass(frozen=True)
class Step:
    """One step.

    Args:
        name: what ``--step`` calls it.
        title: what it does, in a few words.
        command: what a user would type for it.
        run: does it.
        needs: the names of the steps that must have run.
    """

    name: str
    title: str
    command: str
    run: Callable[[Ground, Tell], Found]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Result:
    """How a step went.

    Args:
        step: the step.
        state: how it ended.
        seconds: how long it took; 0 where it did not run.
        found: what it measured, where it came so far.
        problem: what went wrong, one line.
        fix: what to do about it, one line.
        output: the last lines of the program that failed.
    """

    step: Step
    state: State
    seconds: float = 0.0
    found: Found | None = None
    problem: str = ""
    fix: str = ""
    output: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return it for ``--json``."""
        return {
            "step": self.step.name,
            "title": self.step.title,
            "command": self.step.command,
            "state": str(self.state),
            "seconds": round(self.seconds, 3),
            "words": self.found.words if self.found else "",
            "notes": list(self.found.notes) if self.found else [],
            "figures": self.found.data if self.found else {},
            "problem": self.problem,
            "fix": self.fix,
        }
