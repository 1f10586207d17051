"""What the child process that imports an application hands back."""

from __future__ import annotations

from dataclasses import dataclass, field

from greenshift.check.facts import Engine, SessionFactory


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found, or why nothing was.

    Attributes:
        engines: the engines that were built.
        session_factories: the session factories that were made.
        notes: what happened on the way.
        problem: why it ended; empty if all went well.
        fix: what to do about it.
    """

    engines: tuple[Engine, ...] = ()
    session_factories: tuple[SessionFactory, ...] = ()
    notes: tuple[str, ...] = field(default=())
    problem: str = ""
    fix: str = ""
