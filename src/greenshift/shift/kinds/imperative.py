"""Imperative mappings: classes that a call maps, rather than their own bodies."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from greenshift.shift.kinds.names import GlobalName, Names, last_name
from greenshift.shift.project import Class, Module, Project

MAPPING_FUNCTIONS = {"map_imperatively", "mapper"}


@dataclass(frozen=True, slots=True)
class Mapping:
    """A call that maps a class.

    Attributes:
        cls: The class.
        module: Where the call stands.
        properties: What it maps besides columns, by name.
        table: The ``Table(...)`` that the class is mapped to, if it is known.
    """

    cls: Class
    module: Module
    properties: dict[str, ast.expr]
    table: ast.Call | None


def imperative_mappings(names: Names, project: Project) -> Iterator[Mapping]:
    """Yield the imperative mappings of a project.

    Source: https://docs.sqlalchemy.org/en/20/orm/mapping_styles.html#imperative-mapping

    Args:
        names: What the project's names mean.
        project: The project.
    """
    for module in project.modules:
        for node in module.source.nodes:
            if not isinstance(node, ast.Call) or last_name(node.func) not in MAPPING_FUNCTIONS or not node.args:
                continue
            cls = names.resolve(module, node.args[0])
            if isinstance(cls, Class):
                table = _table(names, module, node.args[1]) if len(node.args) > 1 else None
                yield Mapping(cls, module, _properties(node), table)


def _properties(call: ast.Call) -> dict[str, ast.expr]:
    given = next((one.value for one in call.keywords if one.arg == "properties"), None)
    if not isinstance(given, ast.Dict):
        return {}
    pairs = zip(given.keys, given.values, strict=True)
    return {key.value: value for key, value in pairs if isinstance(key, ast.Constant) and isinstance(key.value, str)}


def _table(names: Names, module: Module, node: ast.expr) -> ast.Call | None:
    """The ``Table(...)`` that an expression names."""
    target = names.resolve(module, node)
    if not isinstance(target, GlobalName):
        return None
    for one in target.module.source.tree.body:
        bound = one.targets if isinstance(one, ast.Assign) else [one.target] if isinstance(one, ast.AnnAssign) else []
        if any(isinstance(name, ast.Name) and name.id == target.name for name in bound):
            value = getattr(one, "value", None)
            return value if isinstance(value, ast.Call) and last_name(value.func) == "Table" else None
    return None
