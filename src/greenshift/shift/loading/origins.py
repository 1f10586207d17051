"""Which functions made what a test's variable holds."""

from __future__ import annotations

import ast

from greenshift.shift.kinds import Kinds
from greenshift.shift.loading.local_reads import LocalRead
from greenshift.shift.loading.statements import statements_of
from greenshift.shift.project import Function, Module
from greenshift.shift.project.traversal import walk

DEEPEST = 5


class Origins:
    """Follows a variable to the fixture or the call that gave it, and on to what that calls.

    Args:
        kinds: The analysis of the project.
    """

    def __init__(self, kinds: Kinds) -> None:
        self._kinds = kinds
        self._called: dict[Function | Module, set[Function]] = {}
        for node, functions in kinds.invocations.items():
            unit = kinds.unit(node)
            if unit is not None:
                self._called.setdefault(unit, set()).update(functions)

    def lead_to(self, read: LocalRead, units: set[Function | Module]) -> bool:
        """Return whether one of some functions had a hand in what is read.

        Args:
            read: The read.
            units: The functions.
        """
        level = self._makers(read)
        seen: set[Function] = set()
        for _ in range(DEEPEST):
            if level & units:
                return True
            seen |= level
            level = {callee for one in level for callee in self._called.get(one, set())} - seen
        return False

    def _makers(self, read: LocalRead) -> set[Function]:
        name = read.receiver.partition(".")[0]
        found: set[Function] = set()
        for statement, _ in statements_of(read.unit):
            if isinstance(statement, ast.Assign) and any(
                isinstance(one, ast.Name) and one.id == name for target in statement.targets for one in walk(target)
            ):
                for node in walk(statement.value):
                    found |= self._kinds.targets(node)
        if not found and any(one.name == name for one in read.unit.parameters):
            fixture = self._kinds.fixtures.fixture(name, read.unit)
            if fixture is not None:
                found = {fixture}
        return found
