"""Tests that mock ``session.query``, and what of the application they reach."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from greenshift.shift.kinds.library import QUERY_RETURNS_QUERY
from greenshift.shift.kinds.values import Query
from greenshift.shift.project import Function
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.modernize.group import Group, LeaveError

SET = {"return_value", "side_effect"}
ASKED = {"called", "call_count", "assert_called", "assert_called_once", "assert_not_called"}
WITH_ARGUMENTS = {"assert_called_with", "assert_called_once_with", "assert_any_call"}
SETUPS = {"setUp", "setup_method", "asyncSetUp", "setup"}


@dataclass(frozen=True)
class Chain:
    """An expression that goes on from ``mock.query``.

    Attributes:
        query: ``mock.query``.
        outer: The whole expression, without the call of an assertion.
        terminal: The query's last method, or an empty text for what a query itself is.
        ending: What of the mock is set or asked.
    """

    query: ast.Attribute
    outer: ast.Attribute
    terminal: str
    ending: str


class Mocks:
    """The tests that mock ``query``, and the functions that they reach.

    Args:
        context: The stage's work.

    Attributes:
        mocking: The tests, fixtures and setups that mock it.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._calls: dict[Function, list[ast.Call]] = {}
        self._called: dict[Function, set[Function]] = {}
        kinds = context.kinds
        for node, functions in kinds.invocations.items():
            unit = kinds.unit(node)
            module = unit.module if isinstance(unit, Function) else unit
            if isinstance(node, ast.Call) and module is not None and module.is_test:
                for function in functions:
                    self._calls.setdefault(function, []).append(node)
        self.mocking = list(dict.fromkeys(self._mocking()))
        for invoked in (kinds.invocations, kinds.references) if self.mocking else ():
            for node, functions in invoked.items():
                unit = kinds.unit(node)
                if isinstance(unit, Function):
                    self._called.setdefault(unit, set()).update(functions)

    def check(self, group: Group) -> None:
        """Raise LeaveError if a test gives something else in the place of a query of a group."""
        kinds = self._context.kinds
        for function in {kinds.unit(node) for node, _ in group.nodes}:
            if isinstance(function, Function):
                for call in self._calls.get(function, ()):
                    self._check_call(group, function, call)

    def _check_call(self, group: Group, function: Function, call: ast.Call) -> None:
        """Raise LeaveError if a test gives a function something else in the place of a query."""
        kinds = self._context.kinds
        positional = [one.name for one in function.parameters if one.kind == "positional"]
        if function.owner is not None and "staticmethod" not in kinds.fixtures.traits(function):
            positional = positional[1:]
        given: dict[str | None, ast.expr] = dict(zip(positional, call.args, strict=False))
        given |= {keyword.arg: keyword.value for keyword in call.keywords}
        for name, argument in given.items():
            if name is None or kinds.is_a(argument, Query):
                continue
            if any(isinstance(one, Query) and one.site in group.site_set for one in kinds.parameter(function, name)):
                raise LeaveError(f"a test gives {function.name}() something else than a query", call)

    def _mocking(self) -> Iterator[Function]:
        kinds = self._context.kinds
        for module in self._context.project.modules:
            if not module.is_test:
                continue
            for node in module.source.nodes_of(ast.Attribute):
                if mocks_query(kinds.parents, node):
                    unit = kinds.unit(node)
                    if isinstance(unit, Function):
                        yield unit

    def reached_from(self, function: Function) -> set[Function]:
        """Return the functions that run with the mocks of a test, or of a fixture or setup for its tests.

        Args:
            function: The test, fixture or setup.
        """
        stack = [function, *self._tests_of(function)]
        found: set[Function] = set()
        while stack:
            current = stack.pop()
            if current not in found:
                found.add(current)
                stack.extend(self._called.get(current, ()))
        return found

    def _tests_of(self, function: Function) -> list[Function]:
        kinds = self._context.kinds
        if function.name in SETUPS and function.owner is not None:
            return list(function.owner.all_functions)
        if "fixture" not in kinds.fixtures.traits(function):
            return []
        name = kinds.fixtures.fixture_name(function)
        return [
            one
            for module in self._context.project.modules
            if module.is_test
            for one in module.functions
            if any(parameter.name == name for parameter in one.parameters)
        ]


def mocks_query(parents: Mapping[ast.AST, ast.AST], node: ast.Attribute) -> bool:
    """Whether ``x.query`` is the query of a mock: something of it is set or asked that only a mock has.

    Args:
        parents: The parent of every node.
        node: ``x.query``.
    """
    if node.attr != "query":
        return False
    parent = parents.get(node)
    if isinstance(node.ctx, ast.Store) or (
        isinstance(parent, ast.Attribute) and parent.attr in SET | ASKED | WITH_ARGUMENTS
    ):
        return True
    return chain_of(parents, node) is not None


def chain_of(parents: Mapping[ast.AST, ast.AST], query: ast.Attribute) -> Chain | None:
    """Follow ``.return_value`` and calls from ``mock.query`` to what is set or asked in the end.

    Args:
        parents: The parent of every node.
        query: ``mock.query``.
    """
    current: ast.expr = query
    terminal = ""
    given = False
    while True:
        parent = parents.get(current)
        if isinstance(parent, ast.Call) and parent.func is current:
            current, given = parent, True
            continue
        if not isinstance(parent, ast.Attribute):
            return None
        name = parent.attr
        over = not isinstance(parents.get(parent), ast.Attribute | ast.Call) or name in ASKED
        if name in SET | ASKED and over:
            return Chain(query, parent, terminal, name)
        if name == "return_value":
            given = True
        elif not given or terminal:
            return None
        elif name in QUERY_RETURNS_QUERY:
            given = False
        else:
            terminal, given = name, False
        current = parent
