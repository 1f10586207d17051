"""Calls of what a library's registry holds: ``server.tools["list"].fn()``, ``cli.commands["sync"].callback()``.

A decorator put the functions in; which of them an entry is, is not followed: it may be each of them.
"""

from __future__ import annotations

import ast

from greenshift.shift.kinds import Kinds
from greenshift.shift.kinds.annotations import own_nodes
from greenshift.shift.kinds.values import ExternalInstance
from greenshift.shift.project import Function, Module

FUNCTIONS = {"fn", "func", "function", "endpoint", "callback", "handler"}
"""What libraries call the attribute of an entry that is the function as it was registered."""


class Registries:
    """What a project's decorators give to objects of libraries.

    Args:
        kinds: The analysis.
    """

    def __init__(self, kinds: Kinds) -> None:
        self._kinds = kinds
        self._registered: dict[str, set[Function]] = {}
        for function in kinds.project.functions:
            for decorator in function.decorators:
                node = decorator.func if isinstance(decorator, ast.Call) else decorator
                for name in self._objects(node.value) if isinstance(node, ast.Attribute) else ():
                    self._registered.setdefault(name, set()).add(function)

    def called(self, call: ast.Call) -> set[Function]:
        """Return the registered functions that a call of a registry's entry may run.

        Args:
            call: The call.
        """
        node: ast.expr | None = call.func
        if not self._registered or not isinstance(node, ast.Attribute) or node.attr not in FUNCTIONS:
            return set()
        is_entry = False
        for _ in range(10):
            names = self._objects(node) & set(self._registered) if node is not None else set()
            if names:
                return set().union(*(self._registered[name] for name in names)) if is_entry else set()
            if isinstance(node, ast.Attribute):
                node = node.value
            elif isinstance(node, ast.Subscript):
                node, is_entry = node.value, True
            else:
                node = self._assigned(node) if isinstance(node, ast.Name) else None
        return set()

    def _objects(self, node: ast.expr) -> set[str]:
        """The classes of the libraries' objects that an expression is."""
        values = self._kinds.values(node)
        return {one.name for one in values if isinstance(one, ExternalInstance)}

    def _assigned(self, name: ast.Name) -> ast.expr | None:
        """What a function assigns to a variable, if it does so once."""
        unit = self._kinds.unit(name)
        body = unit.source.nodes if isinstance(unit, Module) else own_nodes(unit.node) if unit is not None else []
        given = [
            node.value
            for node in body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name) and target.id == name.id
        ]
        return given[0] if len(given) == 1 else None
