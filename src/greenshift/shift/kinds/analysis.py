"""What the analysis knows, for those who rewrite."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, TypeVar

from greenshift.shift.kinds.cells import Unit
from greenshift.shift.kinds.inference import Inference
from greenshift.shift.kinds.names import ExternalName, GlobalName
from greenshift.shift.kinds.proxies import is_proxy, library_objects
from greenshift.shift.kinds.values import NOTHING, Instance, Session, SessionFactory, Value, Values
from greenshift.shift.project import Class, Function, Module, Project
from greenshift.shift.project.traversal import children

Found = TypeVar("Found")


class Kinds:
    """The analysis of a project.

    Attributes:
        project: The project.
        names: Where names lead (``names.resolve(module, node)``).
        classes: Class hierarchies, mapped classes and their relationships.
        fixtures: Pytest fixtures and what decorators make of functions.
    """

    def __init__(self, inference: Inference) -> None:
        self._inference = inference
        self.project: Project = inference.project
        self.names = inference.names
        self.classes = inference.classes
        self.fixtures = inference.fixtures
        self.annotations = inference.annotations
        self.generators = inference.generators
        self._once: dict[Callable[[Kinds], Any], Any] = {}
        self.session_options: list[tuple[ast.Attribute, ast.expr]] | None = None

    def values(self, node: ast.AST) -> Values:
        """Return what an expression may be; empty when nothing is known."""
        return self._inference.values.get(node, NOTHING)

    def is_a(self, node: ast.AST, *types: type[Value]) -> bool:
        """Whether an expression may be a value of one of the types (``Session``, ``Query``...)."""
        return any(isinstance(value, types) for value in self.values(node))

    def behind_proxies(self, node: ast.AST) -> Values:
        """Return what an expression may be; for a proxy of the application, what it stands for alone."""
        values = self.values(node)
        found = library_objects(values)
        if not found:
            return values
        return frozenset(one for one in values if not (isinstance(one, Instance) and is_proxy(self.classes, one.cls)))

    def is_session(self, node: ast.AST) -> bool:
        """Whether an expression may be a session, or a scoped session that passes on what it is asked."""
        return any(
            isinstance(value, Session) or (isinstance(value, SessionFactory) and value.is_scoped)
            for value in self.values(node)
        )

    @property
    def known(self) -> Mapping[ast.AST, Values]:
        """Every expression of which something is known, with what it may be."""
        return self._inference.values

    def targets(self, node: ast.AST) -> set[Function]:
        """Return the functions of the application that a node calls (calls, decorators, properties, ``with``...)."""
        return self._inference.invocations.get(node, set())

    @property
    def invocations(self) -> dict[ast.AST, set[Function]]:
        """All nodes that call functions of the application."""
        return self._inference.invocations

    @property
    def references(self) -> dict[ast.AST, set[Function]]:
        """Expressions that are functions of the application (what is called as well as what is passed on)."""
        return self._inference.references

    @cached_property
    def mentions(self) -> dict[Function, list[ast.AST]]:
        """Where each function of the application stands as a value: called as well as passed on."""
        found: dict[Function, list[ast.AST]] = {}
        for node, functions in self._inference.references.items():
            for function in functions:
                found.setdefault(function, []).append(node)
        return found

    @cached_property
    def invoked_at(self) -> dict[Function, list[ast.AST]]:
        """The nodes that call each function of the application."""
        found: dict[Function, list[ast.AST]] = {}
        for node, functions in self._inference.invocations.items():
            for function in functions:
                found.setdefault(function, []).append(node)
        return found

    def once(self, find: Callable[[Kinds], Found]) -> Found:
        """Return what a function finds in the whole application: it looks for it once, whoever asks how often.

        Args:
            find: The function.
        """
        if find not in self._once:
            self._once[find] = find(self)
        found: Found = self._once[find]
        return found

    def let_go(self) -> None:
        """Forget everything, at the end of a stage: it is freed then, without a search for cycles."""
        for kept in (self._inference.annotations, self._inference, self):
            vars(kept).clear()

    def unit(self, node: ast.AST) -> Unit | None:
        """Return the function (or module) in whose own body a node stands."""
        return self._inference.unit_of.get(node)

    def result(self, function: Function) -> Values:
        """Return what calling a function gives."""
        return self._inference.result(function, function)

    def given(self, function: Function) -> Values:
        """Return what a framework passes on that calls a function: what it yields or returns, awaited."""
        return self._inference.given(function, function)

    def parameter(self, function: Function, name: str) -> Values:
        """Return what a parameter receives from calls that the analysis saw (annotation and default not counted)."""
        return self._inference.cells.read(("param", function, name), None)

    def global_values(self, name: GlobalName) -> Values:
        """Return what a module-level variable may be."""
        return self._inference.cells.read(("global", name.module.name, name.name), None)

    def attributes(self, cls: Class) -> list[str]:
        """Return the names that some code assigns on a class's instances (or passes to its constructor)."""
        return self._inference.cells.attributes(cls)

    def attribute_values(self, cls: Class, name: str) -> Values:
        """Return what some code assigns to an attribute of a class's instances."""
        return self._inference.cells.read(("attr", cls, name), None)

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """The parent of every node."""
        return {
            child: node for module in self.project.modules for node in module.source.nodes for child in children(node)
        }

    @cached_property
    def module_by_node(self) -> dict[ast.AST, Module]:
        """The module of every node."""
        return {node: module for module in self.project.modules for node in module.source.nodes}

    def statement(self, node: ast.AST) -> ast.stmt | None:
        """Return the statement in which an expression stands."""
        current: ast.AST | None = node
        while current is not None and not isinstance(current, ast.stmt):
            current = self.parents.get(current)
        return current

    def library_name(self, module: Module, node: ast.expr) -> str | None:
        """Return the dotted name of the library's thing that an expression names, or None."""
        target = self.names.resolve(module, node)
        return target.name if isinstance(target, ExternalName) else None

    def nodes(self, module: Module) -> list[ast.AST]:
        """Return every node of a module, as ``ast.walk`` gives them."""
        return module.source.nodes

    def calls(self, module: Module) -> list[ast.Call]:
        """Return every call in a module."""
        return module.source.nodes_of(ast.Call)


def infer(project: Project, progress: Callable[[int], None] | None = None) -> Kinds:
    """Analyse a project.

    Args:
        project: The project.
        progress: Called now and then with the number of evaluations done.
    """
    inference = Inference(project)
    inference.run(progress)
    return Kinds(inference)
