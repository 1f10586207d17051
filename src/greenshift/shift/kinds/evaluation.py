"""Evaluates one unit, a function's or a module's own body, statement by statement."""

from __future__ import annotations

import ast

from greenshift.shift.kinds.annotations import own_nodes
from greenshift.shift.kinds.attributes import element_values
from greenshift.shift.kinds.cells import Unit
from greenshift.shift.kinds.containers import is_container, note_attribute, note_provided
from greenshift.shift.kinds.expressions import Expressions
from greenshift.shift.kinds.inference import Inference
from greenshift.shift.kinds.proxies import is_proxy, library_objects
from greenshift.shift.kinds.values import (
    NOTHING,
    ClassValue,
    Collection,
    Dependency,
    ExternalInstance,
    FunctionValue,
    Instance,
    Provider,
    Row,
    Session,
    TestClientValue,
    TupleValue,
    Values,
)
from greenshift.shift.project import Class, Function, Module
from greenshift.shift.project.traversal import children

Environment = dict[str, Values]


class Evaluation(Expressions):
    """One evaluation of a unit.

    Args:
        inference: The analysis.
        unit: The function or module.
    """

    def __init__(self, inference: Inference, unit: Unit) -> None:
        super().__init__(inference, unit)
        self.returned: Values = NOTHING
        self.yielded: Values = NOTHING

    def run(self) -> None:
        """Evaluate the unit and write what it gives to its cells."""
        if isinstance(self.unit, Module):
            self.block(self.unit.source.tree.body)
            for name, values in self.environment.items():
                self.inference.cells.write(("global", self.unit.name, name), values)
            return
        function = self.unit
        self._parameters(function)
        if isinstance(function.node, ast.Lambda):
            self.returned = self.expression(function.node.body)
        else:
            self.block(function.node.body)
        cells = self.inference.cells
        cells.write(("return", function), self.returned)
        cells.write(("yield", function), self.yielded)
        for name, values in self.assigned.items():
            cells.write(("local", function, name), values)

    def _parameters(self, function: Function) -> None:
        inference = self.inference
        fixtures = inference.fixtures.takes_fixtures(function)
        traits = inference.fixtures.traits(function)
        for index, parameter in enumerate(function.parameters):
            values = inference.cells.read(("param", function, parameter.name), self.unit)
            values |= inference.annotations.values(function.module, parameter.annotation)
            if index == 0 and function.owner is not None and "staticmethod" not in traits:
                own = ClassValue(function.owner) if "classmethod" in traits else Instance(function.owner)
                values |= {own}
                session = inference.classes.session_kind(function.owner)
                if session is not None and isinstance(own, Instance):
                    values |= {Session(session == "async")}
                client = inference.classes.client_kind(function.owner)
                if client is not None and isinstance(own, Instance):
                    values |= {TestClientValue(client == "async", function.owner.node)}
            elif fixtures:
                fixture = inference.fixtures.fixture(parameter.name, function)
                if fixture is not None:
                    values |= inference.given(fixture, self.unit)
            if parameter.default is not None:
                for value in self.expression(parameter.default):
                    if isinstance(value, Dependency):
                        values |= inference.annotations.dependency(function.module, value, parameter.annotation)
                    elif isinstance(value, Provider):
                        values |= value.of
                    else:
                        values |= {value}
            if parameter.kind == "variadic" and not any(isinstance(one, Collection) for one in values):
                values = frozenset({Collection(values)}) if values else NOTHING
            self.bind_name(parameter.name, values)

    # ------------------------------------------------------------- statements

    def block(self, statements: list[ast.stmt]) -> None:
        """Evaluate statements in order."""
        for statement in statements:
            self.statement(statement)

    def statement(self, node: ast.stmt) -> None:
        """Evaluate one statement."""
        self.inference.unit_of[node] = self.unit
        method = getattr(self, f"_{type(node).__name__.lower()}", None)
        if method is not None:
            method(node)
            return
        for child in children(node):
            if isinstance(child, ast.expr):
                self.expression(child)
            elif isinstance(child, ast.stmt):
                self.statement(child)

    def _functiondef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        function = self.module.by_node.get(node)
        if not isinstance(function, Function):
            return
        values: Values = frozenset({FunctionValue(function)})
        for decorator in reversed(node.decorator_list):
            decorated = self.expression(decorator)
            values = self.decorate(decorator, decorated, values)
        if values != frozenset({FunctionValue(function)}):
            self.inference.cells.write(("decorated", function), values)
        for default in [*node.args.defaults, *node.args.kw_defaults]:
            if default is not None:
                self.expression(default)
        if function.owner is None:
            self.bind_name(node.name, values)

    _asyncfunctiondef = _functiondef

    def _classdef(self, node: ast.ClassDef) -> None:
        cls = self.module.by_node.get(node)
        if not isinstance(cls, Class):
            return
        for expression in [*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)]:
            self.expression(expression)
        outer, self.environment = self.environment, dict(self.environment)
        before = dict(self.environment)
        self.block(node.body)
        for name, values in self.environment.items():
            if before.get(name) != values:
                self.inference.cells.write(("classattr", cls, name), values)
                if is_container(self.inference, cls):
                    note_provided(self.inference, name, values)
        self.environment = outer
        self.bind_name(node.name, frozenset({ClassValue(cls)}))

    def _return(self, node: ast.Return) -> None:
        if node.value is not None:
            self.returned |= self.expression(node.value)

    def _assign(self, node: ast.Assign) -> None:
        values = self.expression(node.value)
        for target in node.targets:
            self.bind(target, values)

    def _annassign(self, node: ast.AnnAssign) -> None:
        values = self.inference.annotations.values(self.module, node.annotation)
        if node.value is not None:
            found = self.expression(node.value)
            proxies = any(isinstance(one, Instance) and is_proxy(self.inference.classes, one.cls) for one in found)
            # What a proxy stands for, only its annotation may say.
            values = found | (values if not found else library_objects(values) if proxies else NOTHING)
        self.bind(node.target, values)

    def _augassign(self, node: ast.AugAssign) -> None:
        values = self.expression(node.value)
        if isinstance(node.target, ast.Name):
            self.bind(node.target, values | self.environment.get(node.target.id, NOTHING))

    def _if(self, node: ast.If) -> None:
        self.expression(node.test)
        before = dict(self.environment)
        self.block(node.body)
        after, self.environment = self.environment, before
        self.block(node.orelse)
        # A branch that leaves the function says nothing about what follows.
        if _leaves(node.body):
            return
        if node.orelse and _leaves(node.orelse):
            self.environment = after
            return
        self.merge(after)

    def _for(self, node: ast.For | ast.AsyncFor) -> None:
        items = self.iterate(node.iter, self.expression(node.iter))
        self.bind(node.target, items)
        for _ in range(2):
            before = dict(self.environment)
            self.block(node.body)
            self.merge(before)
        self.block(node.orelse)

    _asyncfor = _for

    def _while(self, node: ast.While) -> None:
        self.expression(node.test)
        for _ in range(2):
            before = dict(self.environment)
            self.block(node.body)
            self.merge(before)
        self.block(node.orelse)

    def _try(self, node: ast.Try) -> None:
        before = dict(self.environment)
        self.block(node.body)
        for handler in node.handlers:
            after = dict(self.environment)
            self.environment = {**before}
            self.merge(after)
            if handler.type is not None:
                self.expression(handler.type)
            self.block(handler.body)
            if _leaves(handler.body):
                self.environment = after
            else:
                self.merge(after)
        self.block(node.orelse)
        self.block(node.finalbody)

    _trystar = _try

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            values = self.enter(item.context_expr, self.expression(item.context_expr))
            if item.optional_vars is not None:
                self.bind(item.optional_vars, values)
        self.block(node.body)

    _asyncwith = _with

    def _global(self, node: ast.Global) -> None:
        self.globals.update(node.names)

    def _nonlocal(self, node: ast.Nonlocal) -> None:
        self.nonlocals.update(node.names)

    def _match(self, node: ast.Match) -> None:
        self.expression(node.subject)
        before = dict(self.environment)
        for case in node.cases:
            after, self.environment = self.environment, dict(before)
            if case.guard is not None:
                self.expression(case.guard)
            self.block(case.body)
            self.merge(after)

    def _delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            if not isinstance(target, ast.Name):
                self.expression(target)

    # ------------------------------------------------------------- binding

    def bind(self, target: ast.expr, values: Values) -> None:
        """Assign values to a target: a name, an attribute, a subscript, or several of them."""
        if isinstance(target, ast.Name):
            if values:
                self.inference.values[target] = values
            self.bind_name(target.id, values)
        elif isinstance(target, ast.Tuple | ast.List):
            for index, element in enumerate(target.elts):
                if isinstance(element, ast.Starred):
                    self.bind(element.value, values)
                else:
                    self.bind(element, _part(values, index))
        elif isinstance(target, ast.Attribute):
            receivers = self.expression(target.value)
            self.inference.unit_of[target] = self.unit
            for receiver in receivers:
                if isinstance(receiver, Instance):
                    self.inference.cells.write(("attr", receiver.cls, target.attr), values)
                elif isinstance(receiver, ClassValue):
                    self.inference.cells.write(("classattr", receiver.cls, target.attr), values)
                elif isinstance(receiver, ExternalInstance):
                    note_attribute(self.inference, receiver, target.attr, values)
        elif isinstance(target, ast.Subscript):
            receivers = self.expression(target.value)
            self.expression(target.slice)
            if isinstance(target.value, ast.Name) and values:
                mapping = Collection(values, "mapping")
                self.bind_name(target.value.id, receivers | {mapping})
            elif isinstance(target.value, ast.Attribute) and values:
                # self.handlers[name] = handler
                for owner in self.expression(target.value.value):
                    if isinstance(owner, Instance):
                        mapping = Collection(values, "mapping")
                        self.inference.cells.write(("attr", owner.cls, target.value.attr), frozenset({mapping}))
        elif isinstance(target, ast.Starred):
            self.bind(target.value, values)


def _part(values: Values, index: int) -> Values:
    """What unpacking gives at one position."""
    found: Values = NOTHING
    for value in values:
        if isinstance(value, TupleValue):
            found |= value.items[index] if index < len(value.items) else NOTHING
        elif isinstance(value, Row) and index < len(value.shape):
            part = value.shape[index]
            if not isinstance(part, str):
                found |= {Instance(part, value.site)}
    return found | element_values(values)


def _leaves(statements: list[ast.stmt]) -> bool:
    return bool(statements) and isinstance(statements[-1], ast.Return | ast.Raise | ast.Continue | ast.Break)


__all__ = ["Evaluation", "own_nodes"]
