"""A variable that one environment sets for the engine, and another does not."""

from __future__ import annotations

from dataclasses import dataclass

from greenshift.report.findings import Place


@dataclass(frozen=True, slots=True)
class MissingVariable:
    """A variable that changes an engine or a session factory of the program.

    Attributes:
        name: the variable's name.
        file: the environment's file in which it is missing.
        other: the environment that sets it.
        place: where that does.
    """

    name: str
    file: str
    other: str
    place: Place
