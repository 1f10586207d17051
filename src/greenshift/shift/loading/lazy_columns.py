"""Columns that reading may load: those loaded only on demand, and those that the database computes for each row.

A flush expires what the database computes of an instance (``column_property`` of an expression), whatever
``expire_on_commit`` says; a deferred column is not loaded before somebody reads it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from greenshift.shift.kinds import Kinds
from greenshift.shift.kinds.names import last_name
from greenshift.shift.kinds.values import Instance, Query, Statement
from greenshift.shift.loading.paths import sited
from greenshift.shift.loading.sites import site_of
from greenshift.shift.project import Class, Function, Module

LazyColumn = Literal["deferred", "computed"]
LOADING = {"undefer", "undefer_group"}
FLUSH_LISTENER = "load_what_a_flush_expires"
"""The function that ``prepare`` writes: where it listens, no flush leaves a computed column expired."""


@dataclass(frozen=True, slots=True)
class LazyColumnRead:
    """A place that reads such a column of an instance which may not hold its value.

    Attributes:
        node: The expression.
        module: Where it stands.
        name: The attribute.
    """

    node: ast.Attribute
    module: Module
    name: str


class LazyColumns:
    """Knows the project's columns that reading may load.

    Args:
        kinds: The analysis of the project.
    """

    def __init__(self, kinds: Kinds) -> None:
        self._kinds = kinds
        self._own: dict[Class, dict[str, LazyColumn]] = {}
        self._are_reloaded = any(FLUSH_LISTENER in module.top for module in kinds.project.modules)
        for cls in kinds.project.classes:
            for name, (_, value) in cls.assignments.items():
                self._note(cls, name, value)
        for module in kinds.project.modules:
            for statement in module.source.tree.body:
                # Often written behind the class, whose own columns it names.
                if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Attribute):
                    target = statement.targets[0]
                    owner = kinds.names.resolve(module, target.value)
                    if isinstance(owner, Class) and kinds.classes.is_model(owner):
                        self._note(owner, target.attr, statement.value)

    def _note(self, cls: Class, name: str, value: ast.expr | None) -> None:
        found = _lazy_column(value)
        if found is not None and not (found == "computed" and self._are_reloaded):
            self._own.setdefault(cls, {})[name] = found

    def of(self, cls: Class) -> dict[str, LazyColumn]:
        """Return a model's columns of these kinds by name, inherited ones included.

        Args:
            cls: The model.
        """
        found: dict[str, LazyColumn] = {}
        for one in reversed(self._kinds.classes.line(cls)):
            found |= self._own.get(one, {})
        return found

    @property
    def has_computed(self) -> bool:
        """Whether the database computes a column of a model that no listener loads again."""
        return any("computed" in own.values() for own in self._own.values())

    def reads(self, writes: Callable[[object], bool]) -> Iterator[LazyColumnRead]:
        """Yield the places that read one of an instance that may not hold it.

        Args:
            writes: Whether a function flushes, itself or through what it calls.
        """
        names = {name for own in self._own.values() for name in own}
        for module in self._kinds.project.modules if names else ():
            for node in module.source.nodes_of(ast.Attribute):
                if node.attr not in names or not isinstance(node.ctx, ast.Load):
                    continue
                instances = [
                    one
                    for one in self._kinds.values(node.value)
                    if isinstance(one, Instance) and node.attr in self.of(one.cls)
                ]
                if any(not self._is_there(node, one, writes) for one in sited(iter(instances))):
                    yield LazyColumnRead(node, module, node.attr)

    def _is_there(self, node: ast.Attribute, instance: Instance, writes: Callable[[object], bool]) -> bool:
        unit = self._kinds.unit(node)
        site = None if instance.site is None else site_of(self._kinds, instance.site)
        if site is not None and site.kind == "async":
            return True
        if self.of(instance.cls)[node.attr] == "deferred":
            return self._is_set_before(node, unit) or (site is not None and site.node in self._undeferred)
        if isinstance(unit, Function) and any(
            one.name == _root(node.value) for one in unit.parameters if one.name != "self"
        ):
            return False
        return site is not None and site.kind in ("statement", "get") and not writes(unit)

    def _is_set_before(self, node: ast.Attribute, unit: object) -> bool:
        text = ast.unparse(node.value)
        return any(
            other.attr == node.attr
            and isinstance(other.ctx, ast.Store)
            and other.lineno < node.lineno
            and self._kinds.unit(other) is unit
            and ast.unparse(other.value) == text
            for module in [self._kinds.module_by_node[node]]
            for other in module.source.nodes_of(ast.Attribute)
        )

    @cached_property
    def _undeferred(self) -> set[ast.AST]:
        """The sites of statements and queries with an option that loads deferred columns."""
        found: set[ast.AST] = set()
        for module in self._kinds.project.modules:
            if "undefer" not in module.source.text:
                continue
            for call in self._kinds.calls(module):
                if not isinstance(call.func, ast.Attribute) or call.func.attr != "options":
                    continue
                if any(last_name(one.func) in LOADING for one in call.args if isinstance(one, ast.Call)):
                    values = self._kinds.values(call.func.value)
                    found |= {value.site for value in values if isinstance(value, Statement | Query)}
        return found


def _lazy_column(value: ast.expr | None) -> LazyColumn | None:
    if not isinstance(value, ast.Call):
        return None
    name = last_name(value.func)
    if name in ("deferred", "query_expression"):
        return "deferred"
    if any(one.arg == "deferred" and isinstance(one.value, ast.Constant) and one.value.value for one in value.keywords):
        return "deferred"
    return "computed" if name == "column_property" else None


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
