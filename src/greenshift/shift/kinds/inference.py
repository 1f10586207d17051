"""The interprocedural analysis: evaluates every function and module until nothing new is learnt."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence

from greenshift.shift.kinds.annotations import Annotations, is_generator
from greenshift.shift.kinds.cells import Cells, Unit
from greenshift.shift.kinds.classes import Classes
from greenshift.shift.kinds.fixtures import Fixtures
from greenshift.shift.kinds.names import ExternalName, GlobalName, Names, PackageName, Target
from greenshift.shift.kinds.values import (
    NOTHING,
    ClassValue,
    Collection,
    ContextManager,
    Coroutine,
    Dependency,
    External,
    FunctionValue,
    Instance,
    ModuleValue,
    Provider,
    Query,
    Session,
    Statement,
    Value,
    Values,
)
from greenshift.shift.project import Class, Function, Module, Project

Arguments = Sequence[tuple[ast.expr, Values]]
MAXIMUM_ROUNDS = 40
"""Evaluations of one unit: more would only shuffle sets that are already too wide."""


class Inference:
    """Runs the analysis of a project.

    Attributes:
        values: What each expression may be (only where something is known).
        invocations: What each node calls: calls, decorators, property reads, ``with``, loops, operators.
        references: Functions of the application used as values (not called there), by node.
    """

    def __init__(self, project: Project) -> None:
        self.project = project
        self.names = Names(project)
        self.classes = Classes(project, self.names)
        self.cells = Cells()
        self.fixtures = Fixtures(project, self.names)
        self.annotations = Annotations(self.names, self.classes, self.evaluate_in_module, self.dependency)
        self.values: dict[ast.AST, Values] = {}
        self.invocations: dict[ast.AST, set[Function]] = {}
        self.references: dict[ast.AST, set[Function]] = {}
        self.unit_of: dict[ast.AST, Unit] = {}
        self.generators = {function for function in project.functions if is_generator(function)}
        self.current: Unit | None = None
        self._rounds: dict[Unit, int] = {}

    def run(self, progress: Callable[[int], None] | None = None) -> None:
        """Evaluate everything to the fixed point.

        Args:
            progress: Called with the number of evaluations done so far.
        """
        from greenshift.shift.kinds.evaluation import Evaluation

        for module in self.project.modules:
            self.cells.enqueue(module)
        for function in self.project.functions:
            self.cells.enqueue(function)
        count = 0
        while (unit := self.cells.next()) is not None:
            rounds = self._rounds[unit] = self._rounds.get(unit, 0) + 1
            if rounds > MAXIMUM_ROUNDS:
                continue
            self.current = unit
            Evaluation(self, unit).run()
            self.current = None
            count += 1
            if progress is not None and count % 50 == 0:
                progress(count)

    def evaluate_in_module(self, module: Module, node: ast.expr) -> Values:
        """Evaluate an expression with a module's names alone."""
        from greenshift.shift.kinds.evaluation import Evaluation

        return Evaluation(self, module).expression(node)

    # ------------------------------------------------------------- names

    def global_value(self, module: Module, name: str, reader: Unit) -> Values:
        """Return what a module's global name is."""
        return self.target_value(self.names.global_name(module, name), reader)

    def target_value(self, target: Target | None, reader: Unit) -> Values:
        """Return the values of what a name leads to."""
        if isinstance(target, Function):
            return self.function_value(target, reader)
        if isinstance(target, Class):
            return frozenset({ClassValue(target)})
        if isinstance(target, GlobalName):
            return self.cells.read(("global", target.module.name, target.name), reader)
        if isinstance(target, ExternalName):
            return frozenset({External(target.name)})
        if isinstance(target, PackageName):
            return frozenset({ModuleValue(target.name)})
        return NOTHING

    def function_value(self, function: Function, reader: Unit) -> Values:
        """Return what a function's name is once its decorators are applied."""
        decorated = self.cells.read(("decorated", function), reader)
        return decorated or frozenset({FunctionValue(function)})

    # ------------------------------------------------------------- calling functions

    def invoke(
        self, value: FunctionValue, arguments: Arguments, keywords: Mapping[str, Values], reader: Unit
    ) -> Values:
        """Bind a call's arguments and return what the function gives back.

        Args:
            value: The function, with its receiver if it is bound.
            arguments: Positional arguments and their values.
            keywords: Keyword arguments' values.
            reader: Who calls.
        """
        function = value.function
        positional = [one for one in function.parameters if one.kind == "positional"]
        variadic = next((one for one in function.parameters if one.kind == "variadic"), None)
        if value.receiver is not None and positional:
            self.cells.write(("param", function, positional[0].name), frozenset({value.receiver}))
            positional = positional[1:]
        positional = positional[value.bound :]
        for index, (node, values) in enumerate(arguments):
            if isinstance(node, ast.Starred):
                break
            if index < len(positional):
                self.cells.write(("param", function, positional[index].name), values)
            elif variadic is not None:
                self.cells.write(("param", function, variadic.name), frozenset({Collection(values)}))
        named = {one.name for one in function.parameters if one.kind in ("positional", "keyword")}
        for name, values in keywords.items():
            if name in named:
                self.cells.write(("param", function, name), values)
        given = [values for _, values in arguments] + list(keywords.values())
        return self._own(function, self.result(function, reader), given)

    def _own(self, function: Function, found: Values, given: list[Values]) -> Values:
        """Of queries that a function passes on, what one call gives: those that this call has given to it."""
        if not any(isinstance(value, Query | Statement) for value in found):
            return found
        own = {value.site for values in given for value in values if isinstance(value, Query | Statement)}
        if not own:
            return found
        through = {
            value.site
            for parameter in function.parameters
            for value in self.cells.read(("param", function, parameter.name), None)
            if isinstance(value, Query | Statement)
        }
        others = through - own
        return frozenset(
            value for value in found if not isinstance(value, Query | Statement) or value.site not in others
        )

    def result(self, function: Function, reader: Unit | None) -> Values:
        """Return what calling a function gives: a coroutine of it for ``async def``, a generator, a context manager."""
        declared = None if function.is_lambda else function.node.returns  # type: ignore[union-attr]
        traits = self.fixtures.traits(function)
        if function in self.generators:
            found = self.cells.read(("yield", function), reader)
            if not found:
                wrapped = self.annotations.values(function.module, declared)
                found = frozenset().union(*(value.of for value in wrapped if isinstance(value, Collection)))
            if "contextmanager" in traits:
                return frozenset({ContextManager(found, function)})
            return frozenset({Collection(found)})
        found = self.cells.read(("return", function), reader)
        if not found or all(isinstance(one, Instance) and one.site is None for one in found):
            found = found | self.annotations.values(function.module, declared)
        if function.is_async:
            return frozenset({Coroutine(found)}) if found else NOTHING
        return found

    def given(self, function: Function, reader: Unit | None) -> Values:
        """Return what a framework passes on that calls a function: what it yields or returns, awaited."""
        found: set[Value] = set()
        for value in self.result(function, reader):
            if isinstance(value, Coroutine | ContextManager) or (
                isinstance(value, Collection) and function in self.generators
            ):
                found |= value.of
            else:
                found.add(value)
        return frozenset(found)

    def dependency(self, value: Dependency) -> Values:
        """Return what a dependency gives to the unit that is being evaluated."""
        reader = self.current
        found: set[Value] = set()
        for call in value.calls:
            if isinstance(call, FunctionValue):
                found |= self.given(call.function, reader)
            elif isinstance(call, ClassValue):
                found.add(Instance(call.cls))
            elif isinstance(call, Instance):
                method = self.classes.method(call.cls, "__call__")
                if method is not None:
                    found |= self.given(method, reader)
            elif isinstance(call, Session):
                found.add(call)
            elif isinstance(call, Provider):
                found |= call.of
        return frozenset(found)

    # ------------------------------------------------------------- attributes

    def attribute(self, receiver: Value, name: str, node: ast.AST, reader: Unit) -> Values:
        """Return what an attribute of one value is, and note what reading it calls."""
        from greenshift.shift.kinds.attributes import attribute_of

        return attribute_of(self, receiver, name, node, reader)

    def note_invocation(self, node: ast.AST, functions: Iterable[Function]) -> None:
        """Remember that a node calls functions of the application."""
        self.invocations.setdefault(node, set()).update(functions)
