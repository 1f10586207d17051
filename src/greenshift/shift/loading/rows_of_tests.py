"""Relationships that tests read, or have read by sync functions, further on than their rows were loaded.

A factory's hook loads what leads away from its row, not what leads on from there; and what a test expires it wants
loaded anew. A lazy load did both: inside ``run_sync`` it does so still.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from greenshift.shift.kinds import Kinds
from greenshift.shift.kinds.annotations import own_nodes
from greenshift.shift.kinds.cells import Unit
from greenshift.shift.kinds.values import Instance
from greenshift.shift.loading.members import Members
from greenshift.shift.loading.paths import NOT_PLAIN, Path, instances_in, relationships_on
from greenshift.shift.loading.reads import relationship_reads
from greenshift.shift.loading.sites import site_of
from greenshift.shift.project import Function, Module

Reach = tuple[ast.AST, Path]
"""Where an instance comes from, and the relationships that are read one behind the other from there."""


def reads_of_test_rows(kinds: Kinds, sending: Collection[Function]) -> Iterator[tuple[Module, ast.expr, str]]:
    """Yield expressions of tests that lazy loads are left in, with a relationship that is read.

    Args:
        kinds: The analysis of the project.
        sending: Functions that send statements, themselves or through what they call: they become async.
    """
    yield from _TestRows(kinds, sending).found()


class _TestRows:
    def __init__(self, kinds: Kinds, sending: Collection[Function]) -> None:
        self.kinds = kinds
        self.sending = sending
        self.members = Members(kinds)
        self._is_factory: dict[ast.AST, bool] = {}
        self._expiring: dict[Unit, int | None] = {}
        self._read: dict[Function, set[Reach]] = {}
        self._callees: dict[Function, set[Function]] = {}

    def found(self) -> Iterator[tuple[Module, ast.expr, str]]:
        for module, node, receiver, paths in self._in_tests():
            name = self._left(node, self._reaches(receiver, paths))
            if name is not None:
                yield module, node, name
        tests = [module for module in self.kinds.project.modules if module.is_test]
        self._follow()
        for module in tests:
            for call in self.kinds.calls(module):
                name = self._left(call, self._through(call))
                if name is not None:
                    yield module, call, name

    # ------------------------------------------------------------- what tests read themselves

    def _in_tests(self) -> Iterator[tuple[Module, ast.expr, ast.expr, set[Path]]]:
        """Reads in tests: of relationships, and of properties that read some."""
        classes = self.kinds.classes
        for read in relationship_reads(self.kinds):
            if read.module.is_test and isinstance(read.node, ast.expr) and isinstance(read.receiver, ast.expr):
                yield read.module, read.node, read.receiver, {(read.name,)}
        for module in self.kinds.project.modules:
            for node in module.source.nodes_of(ast.Attribute) if module.is_test else ():
                if not isinstance(node.ctx, ast.Load):
                    continue
                for value in self.kinds.values(node.value):
                    if (
                        isinstance(value, Instance)
                        and classes.is_model(value.cls)
                        and classes.method(value.cls, node.attr)
                        and not self._is_awaited(node)
                    ):
                        yield module, self._whole(node), node.value, self.members.paths(value.cls, node.attr)

    def _is_awaited(self, node: ast.Attribute) -> bool:
        """Whether a method is called that becomes async: what it reads is read there, and it cannot be bridged."""
        whole = self._whole(node)
        called = self.kinds.targets(whole) if whole is not node else set()
        return any(one.is_async or one in self.sending for one in called)

    def _whole(self, node: ast.Attribute) -> ast.expr:
        """The call of a method, or the property itself."""
        parent = self.kinds.parents.get(node)
        return parent if isinstance(parent, ast.Call) and parent.func is node else node

    def _reaches(self, receiver: ast.expr, paths: set[Path]) -> set[Reach]:
        return {
            (value.site, (*value.path, *path))
            for value in self.kinds.values(receiver)
            if isinstance(value, Instance) and value.site is not None
            for path in paths
            if self._is_plain(value, path)
        }

    def _is_plain(self, instance: Instance, path: Path) -> bool:
        followed = relationships_on(self.kinds.classes, instance.cls, path)
        return followed is not None and not any(one.lazy in NOT_PLAIN for one in followed)

    # ------------------------------------------------------------- what functions read that tests call

    def _follow(self) -> None:
        """Note what each function of the application reads, and which others it calls."""
        for read in relationship_reads(self.kinds):
            function = self._outermost(read.node)
            if function is not None and not read.module.is_test:
                self._read.setdefault(function, set()).update(self._reaches(read.receiver, {(read.name,)}))
        for node, targets in self.kinds.invocations.items():
            function = self._outermost(node)
            if function is not None and not function.module.is_test:
                self._callees.setdefault(function, set()).update(targets)

    def _outermost(self, node: ast.AST) -> Function | None:
        """The function in which a node stands, not a lambda or one defined inside."""
        unit = self.kinds.unit(node)
        while isinstance(unit, Function) and unit.parent is not None:
            unit = unit.parent
        return unit if isinstance(unit, Function) else None

    def _through(self, call: ast.Call) -> set[Reach]:
        """What the sync functions that a call runs read of the rows that it gives them."""
        stack = [one for one in self.kinds.targets(call) if not one.module.is_test]
        if not stack or any(one.is_async or one in self.sending for one in stack):
            return set()
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        if isinstance(call.func, ast.Attribute):
            given.append(call.func.value)
        sites = {one.site for value in given for one, _ in instances_in(self.kinds.values(value))}
        found: set[Reach] = set()
        seen: set[Function] = set()
        while stack:
            function = stack.pop()
            if function not in seen:
                seen.add(function)
                found |= self._read.get(function, set())
                stack += self._callees.get(function, set())
        return {reach for reach in found if reach[0] in sites}

    # ------------------------------------------------------------- what is not loaded

    def _left(self, node: ast.expr, reaches: set[Reach]) -> str | None:
        """The first relationship that may not be loaded where a node stands."""
        unit = self.kinds.unit(node)
        if not isinstance(unit, Function) or not reaches:
            return None
        expired = self._expired_in(unit)
        for site, path in sorted(reaches, key=lambda reach: reach[1]):
            if expired is not None and expired < node.lineno:
                return path[-1]
            if len(path) > 1 and (self._made_by_factory(site) or self._made_by_test(site)):
                return path[-1]
        return None

    def _made_by_factory(self, site: ast.AST) -> bool:
        if site not in self._is_factory:
            found = site_of(self.kinds, site)
            self._is_factory[site] = found is not None and found.kind == "factory"
        return self._is_factory[site]

    def _made_by_test(self, site: ast.AST) -> bool:
        """Whether a row is constructed in a test or fixture that stores something."""
        found = site_of(self.kinds, site)
        if found is None or found.kind != "constructor" or not found.module.is_test:
            return False
        return self.kinds.unit(site) in self.sending

    def _expired_in(self, unit: Function) -> int | None:
        """The line on which a test first expires what its session holds."""
        if unit not in self._expiring:
            lines = [
                node.lineno
                for node in own_nodes(unit.node)
                if isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in ("expire", "expire_all")
                and self.kinds.is_session(node.func.value)
            ]
            self._expiring[unit] = min(lines, default=None)
        return self._expiring[unit]
