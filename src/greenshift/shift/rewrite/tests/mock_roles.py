"""What a mock stands for, told by where the tests hand it in."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import TypeGuard

from greenshift.shift.kinds.values import (
    NOTHING,
    ContextManager,
    Instance,
    Values,
)
from greenshift.shift.project import Class, Function, Module
from greenshift.shift.project.traversal import walk
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.tests.patched_names import all_patched_names, along, called, path_of
from greenshift.shift.rewrite.tests.replaced import replacement

MOCKS = {"Mock", "MagicMock", "NonCallableMock", "NonCallableMagicMock"}
Scope = ast.FunctionDef | ast.AsyncFunctionDef


class MockRoles:
    """The mocks of the test modules and what the application takes them for.

    Args:
        context: The stage's context.

    Attributes:
        roles: What each mock stands for, by the call that makes it.
        uses: Where the tests mention each mock.
        members: Mocks that are kept as attributes of other mocks, whose further uses are not known.
    """

    def __init__(self, context: Context) -> None:
        self.context = context
        self.kinds = context.kinds
        self.roles: dict[ast.Call, Values] = {}
        self.uses: dict[ast.Call, list[ast.expr]] = {}
        self.members: set[ast.Call] = set()
        self._held: dict[ast.Call, list[tuple[ast.Call, str]]] = {}
        self._names = all_patched_names(context.kinds)
        self._patched: dict[str, Values] = {}
        fixtures: dict[Function, ast.Call] = {}
        units = [one for module in context.project.modules if module.is_test for one in _outer(module)]
        for function in units:
            site = self._returned(function)
            if site is not None and "fixture" in self.kinds.fixtures.traits(function):
                fixtures[function] = site
        self._own = self._fields(units)
        for function in units:
            self._scope(function, fixtures)
        self._add_members()

    def _returned(self, function: Function) -> ast.Call | None:
        """The mock that a fixture gives."""
        names = self._assigned(function.node)
        for node in walk(function.node):
            value = node.value if isinstance(node, ast.Return | ast.Yield) else None
            if isinstance(value, ast.Call) and self.is_mock(function.module, value):
                return value
            if isinstance(value, ast.Name) and value.id in names:
                return names[value.id]
        return None

    def is_mock(self, module: Module, node: ast.Call) -> bool:
        """Whether a call makes a mock that is not asynchronous."""
        name = self.kinds.library_name(module, node.func) or ""
        if name.startswith(("unittest.mock.", "mock.")):
            return name.rpartition(".")[2] in MOCKS
        function = node.func
        return (
            isinstance(function, ast.Attribute)
            and isinstance(function.value, ast.Name)
            and function.value.id == "mocker"
            and function.attr in MOCKS
        )

    def _assigned(self, scope: ast.AST) -> dict[str, ast.Call]:
        module = self.kinds.module_by_node[scope]
        found: dict[str, ast.Call] = {}
        for node in walk(scope):
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and self.is_mock(module, node.value):
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        found[target.id] = node.value
        return found

    def _fields(self, units: Iterable[Function]) -> dict[tuple[Class, str], ast.Call]:
        """Mocks that methods of the tests keep: ``self.users = Mock()``."""
        found: dict[tuple[Class, str], ast.Call] = {}
        for function in units:
            owner = function.owner
            if owner is None:
                continue
            for node in walk(function.node):
                if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                    for target in node.targets:
                        if _is_of_self(target) and self.is_mock(function.module, node.value):
                            found[owner, target.attr] = node.value
        return found

    def _kept(self, function: Function, node: ast.Attribute) -> ast.Call | None:
        """The mock that a test keeps as ``self.users``, set by a method of its class or of a base."""
        line = self.kinds.classes.line(function.owner) if function.owner is not None else []
        return next((self._own[one, node.attr] for one in line if (one, node.attr) in self._own), None)

    def _scope(self, function: Function, fixtures: dict[Function, ast.Call]) -> None:
        names = self._assigned(function.node)
        for parameter in function.parameters:
            if self.kinds.fixtures.takes_fixtures(function):
                fixture = self.kinds.fixtures.fixture(parameter.name, function)
                if fixture in fixtures:
                    names.setdefault(parameter.name, fixtures[fixture])
        self._patched = self._names.get(function, {})
        for node in walk(function.node):
            if isinstance(node, ast.Name) and node.id in names and isinstance(node.ctx, ast.Load):
                self._used(function, names[node.id], node)
            elif _is_of_self(node) and isinstance(node.ctx, ast.Load):
                kept = self._kept(function, node)
                if kept is not None:
                    self._used(function, kept, node)
            elif isinstance(node, ast.Call) and self.is_mock(function.module, node):
                self._add(node, self._role(function, node))

    def _used(self, function: Function, site: ast.Call, node: ast.expr) -> None:
        self.uses.setdefault(site, []).append(node)
        self._add(site, self._role(function, node))
        attribute = self.kinds.parents.get(node)
        if not isinstance(attribute, ast.Attribute):
            return
        assignment = self.kinds.parents.get(attribute)
        if isinstance(assignment, ast.Assign) and attribute in assignment.targets:
            value = assignment.value
            special = attribute.attr.startswith("__")  # How a mock is entered says nothing of what it holds.
            if not special and isinstance(value, ast.Call) and self.is_mock(function.module, value):
                self.members.add(value)
                self._held.setdefault(site, []).append((value, attribute.attr))

    def _add_members(self) -> None:
        """``services.users = Mock()``: what stands for an attribute of what another mock stands for."""
        pending = list(self._held)
        while pending:
            site = pending.pop()
            owners = self.roles.get(site, NOTHING) | self._specification(site)
            for value, name in self._held.get(site, ()):
                before = self.roles.get(value, NOTHING)
                self._add(value, along(self.kinds, owners, [name]))
                if self.roles[value] != before:
                    pending.append(value)

    def _specification(self, site: ast.Call) -> Values:
        """``Mock(spec=Users)`` stands for a ``Users``."""
        given = [one.value for one in site.keywords if one.arg in ("spec", "spec_set")] or site.args[:1]
        module = self.kinds.module_by_node[site]
        classes = [self.kinds.names.resolve(module, one) for one in given]
        return frozenset(Instance(one) for one in classes if isinstance(one, Class))

    def _add(self, site: ast.Call, values: Values) -> None:
        self.roles[site] = self.roles.get(site, NOTHING) | values

    def _role(self, function: Function, node: ast.expr) -> Values:
        """What one use of a mock says: an argument, a patch's value, what a dependency's override returns."""
        parent = self.kinds.parents.get(node)
        keyword = parent.arg if isinstance(parent, ast.keyword) else None
        if isinstance(parent, ast.keyword):
            parent = self.kinds.parents.get(parent)
        if isinstance(parent, ast.Call) and parent.func is not node:
            if keyword == "return_value":
                found = replacement(self.kinds, function.module, parent)
                return called(self.kinds, found.target) if found is not None else NOTHING
            found = replacement(self.kinds, function.module, parent)
            if found is not None:
                return found.target if found.new is node else NOTHING
            return self._argument(parent, node, keyword)
        if isinstance(parent, ast.Lambda):
            return self._override(parent)
        if isinstance(parent, ast.Return | ast.Yield):
            return self._override_named(parent)
        if isinstance(parent, ast.Assign) and isinstance(parent.targets[0], ast.Attribute):
            target = parent.targets[0]
            root, path = path_of(target)
            if root in self._patched:
                return along(self.kinds, self._patched[root], path)
            values = NOTHING
            for receiver in self.kinds.values(target.value):
                if isinstance(receiver, Instance):
                    for cls in self.kinds.classes.line(receiver.cls):
                        values |= self.kinds.attribute_values(cls, target.attr)
            return values
        return NOTHING

    def _argument(self, call: ast.Call, node: ast.expr, keyword: str | None) -> Values:
        found = NOTHING
        for function in self.kinds.targets(call):
            parameters = [one for one in function.parameters if one.kind in ("positional", "keyword")]
            bound = function.owner is not None and "staticmethod" not in self.kinds.fixtures.traits(function)
            name = keyword
            if name is None and node in call.args:
                index = call.args.index(node) + (1 if bound else 0)
                name = parameters[index].name if index < len(parameters) else None
            for one in parameters:
                if one.name == name:
                    found |= self.kinds.annotations.values(function.module, one.annotation)
                    found |= self._inside(function, one.name)
        if keyword and not found:
            for value in self.kinds.values(call):
                if isinstance(value, Instance):
                    for cls in self.kinds.classes.line(value.cls):
                        if keyword in cls.assignments:
                            found |= self.kinds.annotations.values(cls.module, cls.assignments[keyword][0])
        return found

    def _inside(self, function: Function, name: str) -> Values:
        """What a parameter is taken for inside its function, whatever the tests pass."""
        found = NOTHING
        for node in walk(function.node):
            if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
                found |= self.kinds.values(node)
        return found

    def _override(self, node: ast.Lambda) -> Values:
        """``app.dependency_overrides[get_db] = lambda: mock``."""
        assignment = self.kinds.parents.get(node)
        if isinstance(assignment, ast.Assign):
            return self._overridden(assignment.targets[0])
        return NOTHING

    def _override_named(self, node: ast.AST) -> Values:
        current: ast.AST | None = node
        while current is not None and not isinstance(current, Scope):
            current = self.kinds.parents.get(current)
        if current is None:
            return NOTHING
        module = self.kinds.module_by_node[current]
        function = module.by_node.get(current)
        found = NOTHING
        if isinstance(function, Function):
            for mention in self.kinds.mentions.get(function, ()):
                parent = self.kinds.parents.get(mention)
                if isinstance(parent, ast.Assign) and parent.value is mention:
                    found |= self._overridden(parent.targets[0])
                elif isinstance(parent, ast.Call):
                    replaced = replacement(self.kinds, module, parent)
                    if replaced is not None and replaced.new is mention:
                        found |= called(self.kinds, replaced.target)
        return found

    def _overridden(self, target: ast.expr) -> Values:
        if not isinstance(target, ast.Subscript):
            return NOTHING
        found = called(self.kinds, self.kinds.values(target.slice))
        return frozenset().union(*(one.of if isinstance(one, ContextManager) else {one} for one in found))


def _is_of_self(node: ast.AST) -> TypeGuard[ast.Attribute]:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"


def _outer(module: Module) -> Iterator[Function]:
    for function in module.functions:
        if function.parent is None and not function.is_lambda:
            yield function
