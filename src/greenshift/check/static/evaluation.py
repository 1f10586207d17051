"""What an expression can be: constants, names followed to where they are assigned, calls followed into the program."""

from __future__ import annotations

import ast
from typing import Final

from greenshift.check.facts.symbol import Symbol
from greenshift.check.facts.value import Value
from greenshift.check.source.source_file import FunctionNode, SourceFile
from greenshift.check.static import calls, flow, importing, names, operations, parameters
from greenshift.check.static.bindings import Bindings
from greenshift.check.static.dicts import as_dict, overlaid
from greenshift.check.static.expressions import HANDLERS
from greenshift.check.static.indexes import Indexes
from greenshift.check.static.merging import union, unknown
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
        self.indexes = Indexes(project)
        self._bound: dict[int, list[tuple[FunctionObject, Arguments, Frame]]] = {}
        self._frames: dict[tuple[int, int], Frame] = {}
        self._known: dict[tuple[int, Frame], Value] = {}
        self._active: set[tuple[int, Frame]] = set()
        self._importing: set[str] = set()
        self._steps = 0
        self._too_much: set[ast.AST] = set()
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
            function.file, function.node, parameters.bound(self, function, arguments), function.outer, function.receiver
        )
        if len(known) < _MOST_FRAMES:
            known.append((function, arguments, frame))
        return frame

    # What it costs

    @property
    def steps(self) -> int:
        """How many expressions were evaluated for the one that was asked for."""
        return self._steps

    def gave_up(self, function: ast.AST) -> bool:
        """Return whether a call of a function took more steps than half of what one evaluation may.

        Others of its calls would take as many, and not be told either: a large application has hundreds of them.
        """
        return function in self._too_much

    def spent(self, function: ast.AST, steps: int) -> None:
        """Note how many steps a call of a function took."""
        if steps > _MOST_STEPS // 2:
            self._too_much.add(function)

    # What

    def value(self, file: SourceFile, node: ast.expr) -> Value:
        """Return what an expression can be, in any call of its function.

        Args:
            file: where it stands.
            node: the expression.
        """
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
        self._steps = self._steps + 1 if self._depth else 0
        if key in self._active:
            return unknown("it depends on itself")
        if self._depth > _DEEPEST or self._steps > _MOST_STEPS:
            self._cuts += 1
            return unknown("it is too much to follow")
        cuts = self._cuts
        self._active.add(key)
        self._depth += 1
        try:
            handler = HANDLERS.get(type(node))
            found = handler(self, node, frame) if handler is not None else unknown("an expression of another kind")
        except RecursionError:
            # A chain of thousands of assignments to one name.
            self._cuts += 1
            found = unknown("it is too much to follow")
            if self._depth > 1:
                raise
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
            found = parameters.parameter(self, name, inner)
            if found is not None:
                return found
            around = self.enclosing(file, function)
            inner = inner.outer or (self.frame(file, around) if around is not None else None)
            if around is None:
                break
            outer = inner or self.frame(file, around)
            found = flow.whole(self, around.body, name, outer, lambda outer=outer: self.parameter(name, outer))  # type: ignore[misc]
            if found is not None:
                return found
            function = around
        return self.module_name(file, name)

    def parameter(self, name: str, frame: Frame) -> Value | None:
        """Return what a name is when a function begins: a parameter, or an attribute that the frame was given."""
        if "." in name:
            return frame.arguments.get(name) if frame.arguments is not None else None
        return parameters.parameter(self, name, frame)

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
