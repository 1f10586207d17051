"""What an expression can be: constants, names followed to where they are assigned, calls followed into the program."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any, Final

from greenshift.check.facts.symbol import Symbol
from greenshift.check.facts.value import Option, Value
from greenshift.check.source.imports import import_statements
from greenshift.check.source.source_file import FunctionNode, SourceFile
from greenshift.check.static import attributes, calls, importing, names, operations
from greenshift.check.static.bindings import Bindings, dotted
from greenshift.check.static.merging import as_dict, by_default, joined, overlaid, surely, union, unknown
from greenshift.check.static.objects import Arguments, DictObject, Frame, FunctionObject
from greenshift.check.static.project import Project

# Bounds: what is deeper, or takes more steps, is not told.
_DEEPEST: Final = 90
_MOST_STEPS: Final = 5_000
_MOST_FRAMES: Final = 50

_BUILTINS: Final = frozenset(
    {
        "str",
        "int",
        "float",
        "bool",
        "dict",
        "list",
        "tuple",
        "set",
        "len",
        "isinstance",
        "getattr",
        "hasattr",
        "bytes",
        "max",
        "min",
        "type",
    }
)


class Evaluator:
    """Evaluates expressions of a program, without running it.

    Args:
        project: the program's files.
    """

    def __init__(self, project: Project) -> None:
        self.project = project
        self.bindings = Bindings()
        self._bound: dict[int, list[tuple[FunctionObject, Arguments, Frame]]] = {}
        self._frames: dict[tuple[int, int], Frame] = {}
        self._known: dict[tuple[int, Frame], Value] = {}
        self._active: set[tuple[int, Frame]] = set()
        self._writers: dict[str, Mapping[str, list[FunctionNode]]] = {}
        self._calls: dict[str, list[tuple[SourceFile, ast.Call]]] = {}
        self._states: dict[str, list[tuple[SourceFile, ast.expr]]] | None = None
        self._importing: set[str] = set()
        self._stars: dict[str, list[ast.ImportFrom]] = {}
        self._steps = 0
        self._depth = 0
        self._cuts = 0

    # Where

    def frame(self, file: SourceFile, function: FunctionNode | ast.Lambda | None) -> Frame:
        """Return the frame of a function of which nothing is bound; of a module, if it is None."""
        key = (id(file), id(function))
        known = self._frames.get(key)
        if known is None:
            outer = file.function(function) if function is not None else None
            known = Frame(file, function, None, self.frame(file, outer) if outer is not None else None)
            self._frames[key] = known
        return known

    def frame_of(self, file: SourceFile, node: ast.AST) -> Frame:
        """Return the frame of the function in whose body a node stands."""
        return self.frame(file, self.enclosing(file, node))

    def enclosing(self, file: SourceFile, node: ast.AST) -> FunctionNode | None:
        """Return the function in whose body a node stands: decorators and defaults belong to the function around."""
        inner, above = node, file.parent(node)
        while above is not None:
            if isinstance(above, FunctionNode) and isinstance(inner, ast.stmt):
                return above
            inner, above = above, file.parent(above)
        return None

    def bound_frame(self, function: FunctionObject, arguments: Arguments) -> Frame:
        """Return the frame of one call of a function; the same for equal arguments.

        Args:
            function: the function.
            arguments: what it is given.
        """
        known = self._bound.setdefault(id(function.node), [])
        for item, given, frame in known:
            if given == arguments and item.receiver == function.receiver:
                return frame
        frame = Frame(
            function.file, function.node, calls.bound(self, function, arguments), function.outer, function.receiver
        )
        if len(known) < _MOST_FRAMES:
            known.append((function, arguments, frame))
        return frame

    # What

    def value(self, file: SourceFile, node: ast.expr) -> Value:
        """Return what an expression can be, in any call of its function; the bounds count anew.

        Args:
            file: where it stands.
            node: the expression.
        """
        self._steps = 0
        return self.evaluate(node, self.frame_of(file, node))

    def evaluate(self, node: ast.expr, frame: Frame) -> Value:
        """Return what an expression can be.

        Args:
            node: the expression.
            frame: where it is evaluated.
        """
        key = (id(node), frame)
        known = self._known.get(key)
        if known is not None:
            return known
        self._steps += 1
        if key in self._active:
            return unknown("it depends on itself")
        if self._depth > _DEEPEST or self._steps > _MOST_STEPS:
            self._cuts += 1
            return unknown("it is too much to follow")
        cuts = self._cuts
        self._active.add(key)
        self._depth += 1
        try:
            handler = _HANDLERS.get(type(node))
            found = handler(self, node, frame) if handler is not None else unknown("an expression of another kind")
        finally:
            self._active.discard(key)
            self._depth -= 1
        # What a circle cut short has an unknown part, and is kept with it; what was too deep may be told from nearer.
        if cuts == self._cuts or self._depth == 0:
            self._known[key] = found
        return found

    def name(self, name: str, node: ast.AST, frame: Frame) -> Value:
        """Return what a name is where a node stands."""
        found = names.reaching(self, name, node, frame)
        if found is not None:
            return found
        file = frame.file
        # The functions around, then the module; classes are not looked into from functions within them.
        function: ast.AST | None = frame.function
        inner: Frame | None = frame
        while function is not None and inner is not None:
            found = calls.parameter(self, name, inner)
            if found is not None:
                return found
            around = self.enclosing(file, function)
            inner = inner.outer or (self.frame(file, around) if around is not None else None)
            if around is None:
                break
            outer = inner or self.frame(file, around)
            found = names.whole(self, around.body, name, outer, lambda outer=outer: self.parameter(name, outer))  # type: ignore[misc]
            if found is not None:
                return found
            function = around
        return self.module_name(file, name)

    def parameter(self, name: str, frame: Frame) -> Value | None:
        """Return what a name is when a function begins: a parameter, or an attribute that the frame was given."""
        if "." in name:
            return frame.arguments.get(name) if frame.arguments is not None else None
        return calls.parameter(self, name, frame)

    def module_name(self, file: SourceFile, name: str) -> Value:
        """Return what a name of a module is once all of it ran, or a builtin."""
        found = self.attribute_of_module(file, name)
        if found is not None:
            return found
        if name in _BUILTINS:
            return Value.of(Symbol(f"builtins.{name}"))
        return unknown(f"{name} is not assigned in {file.path}")

    def attribute_of_module(self, file: SourceFile, name: str) -> Value | None:
        """Return what a name of a module is, star imports included; None if it has no such name."""
        key = f"module:{file.path}:{name}"
        if key in self._importing:
            return unknown("modules that import each other")
        self._importing.add(key)
        try:
            found = names.module_value(self, file, name)
            return found if found is not None else importing.starred(self, file, name)
        finally:
            self._importing.discard(key)

    def imported(self, statement: ast.Import | ast.ImportFrom, name: str, frame: Frame) -> Value | None:
        """Return what an import binds a name to."""
        return importing.imported(self, statement, name, frame)

    def operation(self, operator: ast.operator, left: Value, right: Value) -> Value:
        """Return what a binary operator makes of two values."""
        return operations.binary(operator, left, right)

    def entered(self, node: ast.expr, frame: Frame) -> Value:
        """Return what ``with NODE as name`` binds."""
        return calls.entered(self, node, frame)

    def element(self, node: ast.expr, frame: Frame) -> Value:
        """Return what a loop over an expression binds."""
        whole = self.evaluate(node, frame)
        parts: list[Value] = []
        for option in whole.options:
            if not isinstance(option.value, tuple) or not option.value:
                return unknown("it changes in a loop")
            parts.extend(part for part in option.value if isinstance(part, Value))
        return (
            union([*parts, unknown(whole.unknown)] if whole.unknown else parts)
            if parts
            else unknown("it changes in a loop")
        )

    def arguments(self, call: ast.Call, frame: Frame) -> Arguments:
        """Return what a call gives, dicts splatted into it included."""
        positional: list[Value] = []
        open_positional = ""
        for argument in call.args:
            if not isinstance(argument, ast.Starred):
                if not open_positional:
                    positional.append(self.evaluate(argument, frame))
                continue
            given = self.evaluate(argument.value, frame)
            only = given.options[0].value if len(given.options) == 1 and not given.unknown else None
            if isinstance(only, tuple):
                positional.extend(part if isinstance(part, Value) else Value.of(part) for part in only)
            else:
                open_positional = "arguments are splatted into the call"
        named = DictObject({})
        for keyword in call.keywords:
            value = self.evaluate(keyword.value, frame)
            named = overlaid(named, DictObject({keyword.arg: value}) if keyword.arg is not None else as_dict(value))
        return Arguments(tuple(positional), named.entries, open_positional, named.open)

    def global_writers(self, file: SourceFile) -> Mapping[str, list[FunctionNode]]:
        """Return the functions of a module that declare a name ``global``, by the name."""
        known = self._writers.get(file.path)
        if known is None:
            found: dict[str, list[FunctionNode]] = {}
            if "global " in file.text:
                for statement in file.nodes(ast.Global):
                    function = file.function(statement)
                    for name in statement.names if function is not None else ():
                        assert function is not None
                        found.setdefault(name, []).append(function)
            self._writers[file.path] = known = found
        return known

    def calls_named(self, name: str) -> list[tuple[SourceFile, ast.Call]]:
        """Return the calls in the program of anything whose last name is this one."""
        known = self._calls.get(name)
        if known is None:
            known = []
            for file in self.project.mentioning(name):
                for call in file.nodes(ast.Call):
                    called = call.func
                    last = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", None)
                    if last == name:
                        known.append((file, call))
            self._calls[name] = known
        return known

    def state(self, name: str) -> Value | None:
        """Return what the program assigns to ``app.state.NAME``, under whatever name it knows the application."""
        if self._states is None:
            self._states = {}
            for file in self.project.mentioning(".state."):
                for assign in file.nodes(ast.Assign) if not file.is_test else ():
                    for target in assign.targets:
                        path = dotted(target) or ""
                        owner, _, last = path.rpartition(".")
                        if owner.endswith(".state"):
                            self._states.setdefault(last, []).append((file, assign.value))
        written = self._states.get(name)
        if not written:
            return None
        return union(self.evaluate(value, self.frame_of(file, value)) for file, value in written)

    def star_imports(self, file: SourceFile) -> list[ast.ImportFrom]:
        """Return the star imports of a file."""
        known = self._stars.get(file.path)
        if known is None:
            known = [
                statement
                for statement in import_statements(file.tree)
                if isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*"
            ]
            self._stars[file.path] = known
        return known


# The kinds of expressions


def _constant(evaluator: Evaluator, node: ast.Constant, frame: Frame) -> Value:
    if node.value is None or isinstance(node.value, bool | int | float | str | bytes):
        return Value((Option(node.value, frame.file.place(node)),))
    return unknown("a constant of another kind")


def _name(evaluator: Evaluator, node: ast.Name, frame: Frame) -> Value:
    return evaluator.name(node.id, node, frame)


def _attribute(evaluator: Evaluator, node: ast.Attribute, frame: Frame) -> Value:
    path = dotted(node)
    if path is not None:
        found = names.reaching(evaluator, path, node, frame)
        if found is not None:
            return found
    found = attributes.attribute(evaluator, evaluator.evaluate(node.value, frame), node.attr)
    if not found.options and isinstance(node.value, ast.Attribute) and node.value.attr == "state":
        return evaluator.state(node.attr) or found
    return found


def _call(evaluator: Evaluator, node: ast.Call, frame: Frame) -> Value:
    return calls.called(evaluator, node, frame)


def _await(evaluator: Evaluator, node: ast.Await, frame: Frame) -> Value:
    return evaluator.evaluate(node.value, frame)


def _walrus(evaluator: Evaluator, node: ast.NamedExpr, frame: Frame) -> Value:
    return evaluator.evaluate(node.value, frame)


def _formatted(evaluator: Evaluator, node: ast.JoinedStr, frame: Frame) -> Value:
    parts = []
    for item in node.values:
        if isinstance(item, ast.FormattedValue):
            parts.append(unknown("a format") if item.format_spec is not None else evaluator.evaluate(item.value, frame))
        else:
            parts.append(evaluator.evaluate(item, frame))
    whole = joined(parts)
    place = frame.file.place(node)
    return Value(tuple(Option(option.value, place, option.variable) for option in whole.options), whole.unknown)


def _binary(evaluator: Evaluator, node: ast.BinOp, frame: Frame) -> Value:
    return operations.binary(node.op, evaluator.evaluate(node.left, frame), evaluator.evaluate(node.right, frame))


def _unary(evaluator: Evaluator, node: ast.UnaryOp, frame: Frame) -> Value:
    return operations.unary(node.op, evaluator.evaluate(node.operand, frame))


def _boolean(evaluator: Evaluator, node: ast.BoolOp, frame: Frame) -> Value:
    return operations.boolean(node.op, [lambda item=item: evaluator.evaluate(item, frame) for item in node.values])  # type: ignore[misc]


def _compare(evaluator: Evaluator, node: ast.Compare, frame: Frame) -> Value:
    if len(node.ops) != 1:
        return unknown("a comparison")
    left, right = evaluator.evaluate(node.left, frame), evaluator.evaluate(node.comparators[0], frame)
    return operations.compared(node.ops[0], left, right)


def _conditional(evaluator: Evaluator, node: ast.IfExp, frame: Frame) -> Value:
    test = evaluator.evaluate(node.test, frame)
    holds = surely(test)
    if holds is not None:
        return evaluator.evaluate(node.body if holds else node.orelse, frame)
    if ast.dump(node.test) == ast.dump(node.body):
        return operations.boolean(
            ast.Or(), [lambda: evaluator.evaluate(node.body, frame), lambda: evaluator.evaluate(node.orelse, frame)]
        )
    likely = by_default(test)
    order = (node.orelse, node.body) if likely is False else (node.body, node.orelse)
    return union(evaluator.evaluate(branch, frame) for branch in order)


def _dict(evaluator: Evaluator, node: ast.Dict, frame: Frame) -> Value:
    found = DictObject({})
    for key, item in zip(node.keys, node.values, strict=True):
        value = evaluator.evaluate(item, frame)
        if key is None:
            found = overlaid(found, as_dict(value))
            continue
        name = evaluator.evaluate(key, frame).default
        if name is not None and isinstance(name.value, str):
            found = overlaid(found, DictObject({name.value: value}))
        else:
            found = DictObject(found.entries, "a key of it is not known")
    return Value.of(found, frame.file.place(node))


def _sequence(evaluator: Evaluator, node: ast.Tuple | ast.List | ast.Set, frame: Frame) -> Value:
    if any(isinstance(item, ast.Starred) for item in node.elts):
        return unknown("a list that is put together")
    return Value.of(tuple(evaluator.evaluate(item, frame) for item in node.elts), frame.file.place(node))


def _subscript(evaluator: Evaluator, node: ast.Subscript, frame: Frame) -> Value:
    path = dotted(node.value)
    whole = names.reaching(evaluator, path, node, frame) if path is not None and "." in path else None
    if whole is None:
        whole = evaluator.evaluate(node.value, frame)
    key = evaluator.evaluate(node.slice, frame)
    return attributes.item(evaluator, whole, key)


def _lambda(evaluator: Evaluator, node: ast.Lambda, frame: Frame) -> Value:
    return Value.of(FunctionObject(frame.file, node, frame), frame.file.place(node))


_HANDLERS: Final[Mapping[type[ast.expr], Callable[[Evaluator, Any, Frame], Value]]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Call: _call,
    ast.Await: _await,
    ast.NamedExpr: _walrus,
    ast.JoinedStr: _formatted,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.BoolOp: _boolean,
    ast.Compare: _compare,
    ast.IfExp: _conditional,
    ast.Dict: _dict,
    ast.Tuple: _sequence,
    ast.List: _sequence,
    ast.Set: _sequence,
    ast.Subscript: _subscript,
    ast.Lambda: _lambda,
}
