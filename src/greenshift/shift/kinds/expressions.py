"""Evaluates expressions: names, attributes, operators, comprehensions."""

from __future__ import annotations

import ast

from greenshift.shift.kinds.calls import Calls
from greenshift.shift.kinds.cells import Unit
from greenshift.shift.kinds.containers import looked_up
from greenshift.shift.kinds.inference import Inference
from greenshift.shift.kinds.library import items_of
from greenshift.shift.kinds.values import (
    NOTHING,
    ClassValue,
    Collection,
    ContextManager,
    Coroutine,
    External,
    ExternalInstance,
    FunctionValue,
    Instance,
    Query,
    Row,
    Session,
    TestClientValue,
    TupleValue,
    Value,
    Values,
)
from greenshift.shift.project import Function, Module
from greenshift.shift.project.traversal import children


class Expressions(Calls):
    """The expressions of a unit."""

    def __init__(self, inference: Inference, unit: Unit) -> None:
        self.inference = inference
        self.unit = unit
        self.module = unit if isinstance(unit, Module) else unit.module
        self.environment: dict[str, Values] = {}
        self.assigned: dict[str, Values] = {}
        self.globals: set[str] = set()
        self.nonlocals: set[str] = set()
        self.yielded: Values = NOTHING

    def bind_name(self, name: str, values: Values) -> None:
        """Give a name values."""
        if name in self.globals:
            self.inference.cells.write(("global", self.module.name, name), values)
            return
        if name in self.nonlocals and isinstance(self.unit, Function):
            parent = self.unit.parent
            while parent is not None:
                self.inference.cells.write(("local", parent, name), values)
                parent = parent.parent
            return
        self.environment[name] = values
        self.assigned[name] = self.assigned.get(name, NOTHING) | values
        if isinstance(self.unit, Module):
            # An assignment that another overwrites later was still visible in between.
            self.inference.cells.write(("global", self.module.name, name), values)

    def merge(self, other: dict[str, Values]) -> None:
        """Join the names of another branch."""
        for name, values in other.items():
            self.environment[name] = self.environment.get(name, NOTHING) | values

    def expression(self, node: ast.expr) -> Values:
        """Return what an expression may be, and remember it."""
        values = self._evaluate(node)
        known = self.inference
        known.unit_of[node] = self.unit
        if values:
            old = known.values.get(node)
            known.values[node] = values if old is None else old | values
        return values

    def _evaluate(self, node: ast.expr) -> Values:
        method = getattr(self, f"_{type(node).__name__.lower()}", None)
        if method is not None:
            return method(node)  # type: ignore[no-any-return]
        for child in children(node):
            if isinstance(child, ast.expr):
                self.expression(child)
        return NOTHING

    def _constant(self, node: ast.Constant) -> Values:
        return NOTHING

    def _name(self, node: ast.Name) -> Values:
        values = self.name(node.id)
        functions = {value.function for value in values if isinstance(value, FunctionValue)}
        if functions:
            self.inference.references[node] = functions
        return values

    def name(self, name: str) -> Values:
        """Return what a name is here."""
        if name in self.environment and name not in self.globals:
            return self.environment[name]
        function = self.unit.parent if isinstance(self.unit, Function) else None
        while function is not None:
            values = self.inference.cells.read(("local", function, name), self.unit)
            if values:
                return values
            function = function.parent
        target = self.inference.names.global_name(self.module, name)
        if target is None:
            return frozenset({External(f"builtins.{name}")}) if name in _BUILTINS else NOTHING
        return self.inference.target_value(target, self.unit)

    def _attribute(self, node: ast.Attribute) -> Values:
        found: Values = NOTHING
        for receiver in self.expression(node.value):
            found |= self.inference.attribute(receiver, node.attr, node, self.unit)
        functions = {value.function for value in found if isinstance(value, FunctionValue)}
        if functions:
            self.inference.references[node] = functions
        return found

    def _await(self, node: ast.Await) -> Values:
        found: set[Value] = set()
        for value in self.expression(node.value):
            if isinstance(value, Coroutine):
                found |= value.of
            else:
                found.add(value)
        return frozenset(found)

    def _yield(self, node: ast.Yield) -> Values:
        if node.value is not None:
            self.yielded |= self.expression(node.value)
        return NOTHING

    def _yieldfrom(self, node: ast.YieldFrom) -> Values:
        self.yielded |= self.iterate(node.value, self.expression(node.value))
        return NOTHING

    def _ifexp(self, node: ast.IfExp) -> Values:
        self.expression(node.test)
        return self.expression(node.body) | self.expression(node.orelse)

    def _boolop(self, node: ast.BoolOp) -> Values:
        return frozenset().union(*(self.expression(value) for value in node.values))

    def _binop(self, node: ast.BinOp) -> Values:
        left, right = self.expression(node.left), self.expression(node.right)
        return left | frozenset(value for value in right if isinstance(value, Collection))

    def _namedexpr(self, node: ast.NamedExpr) -> Values:
        values = self.expression(node.value)
        self.bind_name(node.target.id, values)
        if values:
            self.inference.values[node.target] = values
        return values

    def _lambda(self, node: ast.Lambda) -> Values:
        function = self.module.by_node.get(node)
        if not isinstance(function, Function):
            return NOTHING
        self.inference.references[node] = {function}
        return frozenset({FunctionValue(function)})

    def _list(self, node: ast.List | ast.Set) -> Values:
        found: Values = frozenset().union(*(self.expression(element) for element in node.elts))
        # What is empty now is filled later: it must be known that something can be appended.
        return frozenset({Collection(found)}) if found or not node.elts else NOTHING

    _set = _list

    def _tuple(self, node: ast.Tuple) -> Values:
        items = tuple(self.expression(element) for element in node.elts)
        return frozenset({TupleValue(items)}) if any(items) else NOTHING

    def _dict(self, node: ast.Dict) -> Values:
        found: Values = NOTHING
        for key, value in zip(node.keys, node.values, strict=True):
            if key is not None:
                self.expression(key)
            found |= self.expression(value)
        return frozenset({Collection(found, "mapping")}) if found or not node.values else NOTHING

    def _starred(self, node: ast.Starred) -> Values:
        return self.expression(node.value)

    def _subscript(self, node: ast.Subscript) -> Values:
        receivers = self.expression(node.value)
        key = self.expression(node.slice)
        sliced = isinstance(node.slice, ast.Slice)
        found: Values = NOTHING
        for value in receivers:
            if isinstance(value, Collection):
                found |= {value} if sliced else value.of
            elif isinstance(value, Query):
                items = items_of(value)
                found |= {Collection(items)} if sliced else items
            elif isinstance(value, TupleValue | Row) and isinstance(node.slice, ast.Constant):
                index = node.slice.value
                if isinstance(index, int):
                    found |= _at(value, index)
            elif isinstance(value, Instance):
                method = self.inference.classes.method(value.cls, "__getitem__")
                if method is not None:
                    found |= self.call_implicitly(node, method, value)
            elif isinstance(value, External | ExternalInstance):
                found |= looked_up(self.inference, value, node.slice, key, self.unit)
            elif isinstance(value, ClassValue) and isinstance(node.ctx, ast.Load):
                found |= {value}  # Repository[User]: the class with its types.
        return found

    def _listcomp(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> Values:
        outer = dict(self.environment)
        self._generators(node.generators)
        found = self.expression(node.elt)
        self.environment = outer
        return frozenset({Collection(found)}) if found else NOTHING

    _setcomp = _listcomp
    _generatorexp = _listcomp

    def _dictcomp(self, node: ast.DictComp) -> Values:
        outer = dict(self.environment)
        self._generators(node.generators)
        self.expression(node.key)
        found = self.expression(node.value)
        self.environment = outer
        return frozenset({Collection(found, "mapping")}) if found else NOTHING

    def _generators(self, generators: list[ast.comprehension]) -> None:
        for generator in generators:
            self.bind(generator.target, self.iterate(generator.iter, self.expression(generator.iter)))
            for condition in generator.ifs:
                self.expression(condition)

    def bind(self, target: ast.expr, values: Values) -> None:
        """Assign values to a target."""
        raise NotImplementedError

    # ------------------------------------------------------------- protocols

    def _compare(self, node: ast.Compare) -> Values:
        self.expression(node.left)
        for operator, comparator in zip(node.ops, node.comparators, strict=True):
            values = self.expression(comparator)
            if isinstance(operator, ast.In | ast.NotIn):
                self._contains(node, values)
        return NOTHING

    def _contains(self, node: ast.Compare, values: Values) -> None:
        """``x in y`` asks ``y``, or runs through it."""
        for value in values:
            if isinstance(value, Instance):
                for name in ("__contains__", "__iter__", "__getitem__"):
                    method = self.inference.classes.method(value.cls, name)
                    if method is not None:
                        self.call_implicitly(node, method, value)
                        break

    def iterate(self, node: ast.expr, values: Values) -> Values:
        """Return what iterating over an expression gives."""
        found: Values = NOTHING
        for value in values:
            if isinstance(value, Instance):
                method = self.inference.classes.method(value.cls, "__iter__")
                if method is not None:
                    for one in self.call_implicitly(node, method, value):
                        found |= items_of(one)
            elif isinstance(value, TupleValue):
                found |= frozenset().union(*value.items)
            else:
                found |= items_of(value)
        return found

    def enter(self, node: ast.expr, values: Values) -> Values:
        """Return what ``with`` binds, and note what entering and leaving call."""
        found: set[Value] = set()
        for value in values:
            if isinstance(value, ContextManager):
                found |= value.of
                if value.function is not None:
                    self.inference.note_invocation(node, [value.function])
            elif isinstance(value, Instance):
                for name in ("__enter__", "__aenter__", "__exit__", "__aexit__"):
                    method = self.inference.classes.method(value.cls, name)
                    if method is None and name == "__enter__" and self.inference.classes.client_kind(value.cls):
                        found.add(value)
                    if method is not None:
                        given = self.call_implicitly(node, method, value)
                        if name.endswith("enter__"):
                            found |= {one for each in given for one in _awaited(each)}
            elif isinstance(value, Session | TestClientValue):
                found.add(value)
            else:
                found.add(value)
        return frozenset(found)


def _awaited(value: Value) -> Values:
    return value.of if isinstance(value, Coroutine) else frozenset({value})


def _at(value: TupleValue | Row, index: int) -> Values:
    if isinstance(value, TupleValue):
        return value.items[index] if -len(value.items) <= index < len(value.items) else NOTHING
    if -len(value.shape) <= index < len(value.shape):
        part = value.shape[index]
        if not isinstance(part, str):
            return frozenset({Instance(part, value.site)})
    return NOTHING


_BUILTINS = frozenset(dir(__builtins__) if not isinstance(__builtins__, dict) else __builtins__)
