"""Has models load, with every query, relationships whose reads cannot all be traced to a statement."""

from __future__ import annotations

import ast

from greenshift.shift.kinds.classes import Relationship
from greenshift.shift.kinds.names import last_name
from greenshift.shift.loading.paths import EAGER, NOT_PLAIN
from greenshift.shift.project import Module
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.prepare.arguments import add_argument

JOIN_DEPTH = 10
"""How deep a relationship of a class to itself is loaded: without it SQLAlchemy stops at the first row."""


def load_with_model(context: Context, relationship: Relationship, lazy: str) -> bool:
    """Have every query of a class load one of its relationships.

    Args:
        context: The stage's context.
        relationship: The relationship.
        lazy: How: ``selectin``, or ``immediate``.

    Returns:
        Whether it is loaded so afterwards.
    """
    if relationship.lazy in EAGER:
        return True
    node = relationship.node
    module = context.kinds.module_by_node.get(node)
    if relationship.lazy in NOT_PLAIN or module is None or not isinstance(node, ast.Call):
        return False
    if context.kinds.classes.relationships(relationship.cls).get(relationship.name) is None:
        return False
    back = _backref_name(node)
    if back is not None and back[0] == relationship.name and not _is_declared(context, relationship):
        return _on_backref(context, module, node, back[1], lazy)
    if node.func is not None and last_name(node.func) == "Relationship":
        return _on_sqlmodel(context, module, node, lazy)
    _set_lazy(context, module, node, relationship, lazy)
    return True


def _is_declared(context: Context, relationship: Relationship) -> bool:
    for cls in context.kinds.classes.line(relationship.cls):
        _, value = cls.assignments.get(relationship.name, (None, None))
        if value is relationship.node:
            return True
    return False


def _set_lazy(context: Context, module: Module, call: ast.Call, relationship: Relationship, lazy: str) -> None:
    edits = context.edits(module)
    added: list[str] = []
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    if "lazy" in given:
        edits.replace_node(given["lazy"], f'"{lazy}"')
    else:
        added.append(f'lazy="{lazy}"')
    is_own = relationship.target is not None and relationship.target in context.kinds.classes.line(relationship.cls)
    if is_own and lazy == "selectin" and "join_depth" not in given:
        added.append(f"join_depth={JOIN_DEPTH}")
    if added:
        add_argument(edits, call, ", ".join(added))


def _on_sqlmodel(context: Context, module: Module, call: ast.Call, lazy: str) -> bool:
    edits = context.edits(module)
    for keyword in call.keywords:
        if keyword.arg == "sa_relationship":
            return False
        if keyword.arg == "sa_relationship_kwargs":
            if not isinstance(keyword.value, ast.Dict):
                return False
            for key, value in zip(keyword.value.keys, keyword.value.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "lazy":
                    edits.replace_node(value, f'"{lazy}"')
                    return True
            if keyword.value.values:
                edits.insert_after(keyword.value.values[-1], f', "lazy": "{lazy}"')
            else:
                edits.replace_node(keyword.value, f'{{"lazy": "{lazy}"}}')
            return True
    add_argument(edits, call, f'sa_relationship_kwargs={{"lazy": "{lazy}"}}')
    return True


def _on_backref(context: Context, module: Module, call: ast.Call, value: ast.expr, lazy: str) -> bool:
    edits = context.edits(module)
    if isinstance(value, ast.Call):
        for keyword in value.keywords:
            if keyword.arg == "lazy":
                edits.replace_node(keyword.value, f'"{lazy}"')
                return True
        add_argument(edits, value, f'lazy="{lazy}"')
        return True
    function = context.imports(module).need("sqlalchemy.orm", "backref")
    edits.wrap(value, f"{function}(", f', lazy="{lazy}")')
    return True


def _backref_name(call: ast.Call) -> tuple[str, ast.expr] | None:
    for keyword in call.keywords:
        if keyword.arg == "backref":
            first = keyword.value
            if isinstance(first, ast.Call) and first.args:
                first = first.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                return first.value, keyword.value
    return None
