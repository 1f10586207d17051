"""What rules ask about how a program uses its engines; made once a program."""

from __future__ import annotations

from dataclasses import dataclass

from greenshift.check.facts import Program
from greenshift.check.usage.imports import ImportGraph
from greenshift.check.usage.names import Names
from greenshift.check.usage.roles import Roles


@dataclass(frozen=True, slots=True)
class Usage:
    """How a program uses its engines.

    Attributes:
        names: what its names mean.
        roles: which functions are routes, dependencies and tasks.
        graph: which files import which.
    """

    names: Names
    roles: Roles
    graph: ImportGraph


_last: list[Usage] = []


def usage_of(program: Program) -> Usage:
    """Return how a program uses its engines; the last program's is kept, since every rule asks for it.

    Args:
        program: the program.
    """
    for kept in tuple(_last):
        if kept.names.program is program:
            return kept
    names = Names(program)
    made = Usage(names, Roles(names), ImportGraph(names))
    _last[:] = [made]
    return made
