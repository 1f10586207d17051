"""The Python types of values: what the code itself says of them, through calls and annotations."""

from __future__ import annotations

import ast
from functools import cached_property

from greenshift.shift.binding.columns import AWARE, annotated_names, column_types
from greenshift.shift.kinds import Kinds
from greenshift.shift.kinds.values import Instance
from greenshift.shift.project import Class, Function
from greenshift.shift.project.traversal import walk

Types = frozenset[str]
NONE: Types = frozenset()
NAIVE = "naive datetime"
_PLAIN = {"str", "int", "float", "date"}
_TEXT_METHODS = {
    "capitalize", "decode", "format", "hexdigest", "isoformat", "join", "lower", "lstrip", "replace", "rstrip",
    "strftime", "strip", "title", "upper",
}  # fmt: skip
_DATETIME = "datetime.datetime"


class ValueTypes:
    """Tells types: ``str``, ``int``, ``float``, ``date``, ``naive datetime``, ``aware datetime``; several if it may be.

    Args:
        kinds: The analysis.
    """

    def __init__(self, kinds: Kinds) -> None:
        self.kinds = kinds
        self._parameters: dict[tuple[Function, str], Types] = {}
        self._results: dict[Function, Types] = {}
        self._locals: dict[Function, dict[str, list[ast.expr | None]]] = {}
        self._columns: dict[Class, dict[str, str]] = {}

    def columns(self, cls: Class) -> dict[str, str]:
        """Return the types of a mapped class's columns."""
        if cls not in self._columns:
            self._columns[cls] = column_types(self.kinds.classes, cls)
        return self._columns[cls]

    def of(self, node: ast.expr) -> Types:
        """Return the types that an expression may have; empty for what is not known."""
        if isinstance(node, ast.Constant):
            name = type(node.value).__name__
            return frozenset({name}) if name in _PLAIN else NONE
        if isinstance(node, ast.JoinedStr):
            return frozenset({"str"})
        if isinstance(node, ast.IfExp):
            return self.of(node.body) | self.of(node.orelse)
        if isinstance(node, ast.BoolOp):
            return frozenset().union(*(self.of(one) for one in node.values))
        if isinstance(node, ast.NamedExpr | ast.Await):
            return self.of(node.value)
        if isinstance(node, ast.BinOp):
            return self._operation(node)
        if isinstance(node, ast.Name):
            return self._name(node)
        if isinstance(node, ast.Attribute):
            return self._attribute(node)
        if isinstance(node, ast.Call):
            return self._call(node)
        return NONE

    def given(self, node: ast.expr) -> Types:
        """Return the types of a column's default, or of what it calls.

        Args:
            node: The default: a value, a function, a lambda.
        """
        if isinstance(node, ast.Lambda):
            return self.of(node.body)
        functions = self.kinds.references.get(node, ())
        if functions and not isinstance(node, ast.Call):
            return frozenset().union(*(self._result(one) for one in functions))
        return self.of(node)

    def _operation(self, node: ast.BinOp) -> Types:
        left = self.of(node.left)
        if isinstance(node.op, ast.Add | ast.Mod) and "str" in left:
            return frozenset({"str"})
        moments = left & {AWARE, NAIVE, "date"}
        if isinstance(node.op, ast.Add) or (isinstance(node.op, ast.Sub) and not self.of(node.right)):
            return moments
        return NONE

    def _name(self, node: ast.Name) -> Types:
        function = self._function(node)
        while function is not None:
            assigned = self._assignments(function).get(node.id)
            parameter = next((one for one in function.parameters if one.name == node.id), None)
            if parameter is not None and not assigned:
                return self.parameter(function, node.id)
            if assigned:
                types = [NONE if one is None or _mentions(one, node.id) else self.of(one) for one in assigned]
                if parameter is not None:
                    types.append(self.parameter(function, node.id))
                return types[0] if all(one == types[0] for one in types) else NONE
            function = function.parent
        return NONE

    def _function(self, node: ast.AST) -> Function | None:
        unit = self.kinds.unit(node)
        return unit if isinstance(unit, Function) else None

    def _assignments(self, function: Function) -> dict[str, list[ast.expr | None]]:
        """What each local name is assigned; None where that is not one expression."""
        if function not in self._locals:
            found: dict[str, list[ast.expr | None]] = {}
            for node in walk(function.node):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    parent = self.kinds.parents.get(node)
                    plain = isinstance(parent, ast.Assign | ast.AnnAssign | ast.NamedExpr)
                    found.setdefault(node.id, []).append(parent.value if plain else None)  # type: ignore[union-attr]
            self._locals[function] = found
        return self._locals[function]

    def parameter(self, function: Function, name: str) -> Types:
        """Return the types of a parameter: of its annotation, and of what the application's calls hand in.

        Args:
            function: The function.
            name: The parameter.
        """
        key = (function, name)
        if key not in self._parameters:
            self._parameters[key] = NONE  # Where functions call each other in a circle.
            annotation = next(one.annotation for one in function.parameters if one.name == name)
            found = annotated(annotation)
            for call in self._calls.get(function, ()):
                argument = _argument(function, call, name)
                if argument is not None:
                    found |= self.of(argument)
            self._parameters[key] = found
        return self._parameters[key]

    @cached_property
    def _calls(self) -> dict[Function, list[ast.Call]]:
        found: dict[Function, list[ast.Call]] = {}
        for node, functions in self.kinds.invocations.items():
            if isinstance(node, ast.Call):
                for function in functions:
                    found.setdefault(function, []).append(node)
        return found

    def _attribute(self, node: ast.Attribute) -> Types:
        found = NONE
        for value in self.kinds.values(node.value):
            if not isinstance(value, Instance):
                continue
            if self.kinds.classes.is_model(value.cls):
                found |= {one for one in (self.columns(value.cls).get(node.attr),) if one is not None}
                continue
            for cls in self.kinds.classes.line(value.cls):
                if node.attr in cls.assignments:
                    found |= annotated(cls.assignments[node.attr][0])
                    break
        return found

    def _call(self, node: ast.Call) -> Types:
        function = node.func
        if isinstance(function, ast.Name) and function.id in ("str", "int", "float"):
            return frozenset({function.id})
        module = self.kinds.module_by_node[node]
        library = self.kinds.library_name(module, function) or ""
        if library.startswith(f"{_DATETIME}."):
            return self._moment(node, library.removeprefix(f"{_DATETIME}."))
        if library == "datetime.date.today":
            return frozenset({"date"})
        targets = self.kinds.targets(node)
        if targets:
            return frozenset().union(*(self._result(one) for one in targets))
        if isinstance(function, ast.Attribute):
            return self._method(node, function)
        return NONE

    def _moment(self, node: ast.Call, name: str) -> Types:
        """``datetime.now(timezone.utc)`` and its kin."""
        if name in ("utcnow", "utcfromtimestamp", "today", "combine"):
            return frozenset({NAIVE})
        zone = [one.value for one in node.keywords if one.arg in ("tz", "tzinfo")]
        index = {"now": 0, "fromtimestamp": 1}.get(name)
        if index is not None:
            zone += node.args[index:]
            return frozenset({AWARE if zone and not _is_none(zone[0]) else NAIVE})
        return NONE

    def _method(self, node: ast.Call, function: ast.Attribute) -> Types:
        zone = [one.value for one in node.keywords if one.arg == "tzinfo"]
        if function.attr == "replace" and zone:
            return frozenset({NAIVE if _is_none(zone[0]) else AWARE})
        if function.attr == "astimezone":
            return frozenset({AWARE})
        if function.attr == "replace" and node.keywords:
            return self.of(function.value)
        if function.attr in _TEXT_METHODS and (function.attr != "replace" or len(node.args) == 2):
            return frozenset({"str"})
        return NONE

    def _result(self, function: Function) -> Types:
        """What a function of the application returns."""
        if function not in self._results:
            self._results[function] = NONE
            body = function.node.body if isinstance(function.node, ast.Lambda) else None
            found = self.of(body) if body is not None else annotated(getattr(function.node, "returns", None))
            for node in walk(function.node) if body is None else ():
                if isinstance(node, ast.Return) and node.value is not None and self.kinds.unit(node) is function:
                    found |= self.of(node.value)
            self._results[function] = found
        return self._results[function]


def annotated(annotation: ast.expr | None) -> Types:
    """Return the type that an annotation names, if it is one alone that tells enough (``datetime`` does not).

    Args:
        annotation: The annotation.
    """
    names = [] if annotation is None else annotated_names(annotation)
    return frozenset(names) & _PLAIN if len(names) == 1 else NONE


def _argument(function: Function, call: ast.Call, name: str) -> ast.expr | None:
    """What a call hands in for a parameter."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    names = [one.name for one in function.parameters if one.kind == "positional"]
    if function.owner is not None and names[:1] in (["self"], ["cls"]):
        names = names[1:]
    index = names.index(name) if name in names else len(call.args)
    starred = any(isinstance(one, ast.Starred) for one in call.args)
    return call.args[index] if index < len(call.args) and not starred else None


def _mentions(node: ast.expr, name: str) -> bool:
    return any(isinstance(one, ast.Name) and one.id == name for one in walk(node))


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
