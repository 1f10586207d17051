"""What the names of one file are bound to, and in which function."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import cached_property

from greenshift.check.source.source_file import FunctionNode, SourceFile

Unit = FunctionNode | ast.Lambda | ast.ClassDef | ast.Module


@dataclass(slots=True)
class Bindings:
    """What a module, class or function binds.

    Attributes:
        assigned: name to what is assigned to it; None for what is bound in another way (a loop, a parameter).
        functions: the functions and classes that are defined, by name.
        globals: the names that are declared ``global`` or ``nonlocal``.
    """

    assigned: dict[str, list[ast.expr | None]] = field(default_factory=dict)
    functions: dict[str, FunctionNode | ast.ClassDef] = field(default_factory=dict)
    globals: set[str] = field(default_factory=set)

    def has(self, name: str) -> bool:
        """Return whether a name is bound here.

        Args:
            name: the name.
        """
        return name not in self.globals and (name in self.assigned or name in self.functions)


class FileBindings:
    """The bindings of every module, class and function of a file.

    Args:
        file: the file.
    """

    def __init__(self, file: SourceFile) -> None:
        self._file = file
        self._found: dict[ast.AST, Bindings] = {}
        self._units: dict[ast.AST, Unit] = {}
        for function in file.nodes(ast.FunctionDef):
            self._define(function)
            self._parameters(function)
        for coroutine in file.nodes(ast.AsyncFunctionDef):
            self._define(coroutine)
            self._parameters(coroutine)
        for unnamed in file.nodes(ast.Lambda):
            self._parameters(unnamed)
        for one in file.nodes(ast.ClassDef):
            self._define(one)
        for declared in file.nodes(ast.Global):
            self.of(self.unit(declared)).globals.update(declared.names)
        for declared_outer in file.nodes(ast.Nonlocal):
            self.of(self.unit(declared_outer)).globals.update(declared_outer.names)
        for name in file.nodes(ast.Name):
            if isinstance(name.ctx, ast.Store):
                self._assign(name)

    def of(self, unit: ast.AST) -> Bindings:
        """Return what a module, class or function binds.

        Args:
            unit: its node.
        """
        return self._found.setdefault(unit, Bindings())

    @property
    def module(self) -> Bindings:
        """What the module binds, assignments in functions that declare a name ``global`` included."""
        return self.of(self._file.tree)

    def unit(self, node: ast.AST) -> Unit:
        """Return the function, lambda, class or module whose names a node sees first.

        A definition itself, its decorators and defaults belong to what is around it.

        Args:
            node: any node of the file.
        """
        known = self._units.get(node)
        if known is None:
            known = self._units[node] = self._around(node)
        return known

    def _around(self, node: ast.AST) -> Unit:
        child, above = node, self._file.parent(node)
        while above is not None:
            if isinstance(above, ast.ClassDef | FunctionNode) and child in above.body:
                return above
            if isinstance(above, ast.Lambda) and child is above.body:
                return above
            if child in self._units and isinstance(child, ast.stmt):
                return self._units[child]
            child, above = above, self._file.parent(above)
        return self._file.tree

    @cached_property
    def _calls(self) -> dict[ast.AST, list[ast.Call]]:
        found: dict[ast.AST, list[ast.Call]] = {}
        for call in self._file.nodes(ast.Call):
            unit = self.unit(call)
            # A class's body runs with what is around it.
            while isinstance(unit, ast.ClassDef):
                unit = self.unit(unit)
            found.setdefault(unit, []).append(call)
        for calls in found.values():
            calls.sort(key=lambda call: (call.lineno, call.col_offset, -(call.end_lineno or 0)))
        return found

    def calls(self, unit: ast.AST) -> list[ast.Call]:
        """Return the calls that run when a function or module runs: those of functions defined in it do not.

        Args:
            unit: the function or module.
        """
        return self._calls.get(unit, [])

    def owner(self, node: ast.AST, name: str) -> Unit | None:
        """Return the function or module that binds the name that a node sees; None if it is bound elsewhere.

        Args:
            node: where the name is used.
            name: the name.
        """
        unit: Unit = self.unit(node)
        is_first = True
        while not isinstance(unit, ast.Module):
            # A class's names are seen in its own body alone.
            if self.of(unit).has(name) and (is_first or not isinstance(unit, ast.ClassDef)):
                return unit
            is_first = False
            unit = self.unit(unit)
        return unit if self.module.has(name) else None

    def _define(self, definition: FunctionNode | ast.ClassDef) -> None:
        self.of(self.unit(definition)).functions[definition.name] = definition

    def _parameters(self, function: FunctionNode | ast.Lambda) -> None:
        given = function.args
        for argument in (*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg):
            if argument is not None:
                self.of(function).assigned.setdefault(argument.arg, []).append(None)

    def _assign(self, name: ast.Name) -> None:
        unit: Unit = self.unit(name)
        if name.id in self.of(unit).globals:
            unit = self._file.tree
        parent = self._file.parent(name)
        value: ast.expr | None = None
        if isinstance(parent, ast.Assign) and name in parent.targets:
            value = parent.value
        elif isinstance(parent, ast.AnnAssign):
            if parent.value is None:
                return
            value = parent.value
        elif isinstance(parent, ast.NamedExpr):
            value = parent.value
        self.of(unit).assigned.setdefault(name.id, []).append(value)
