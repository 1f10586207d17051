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
"""How deep a relationship is loaded that leads back: without it SQLAlchemy stops where it meets a class again."""


def load_with_model(context: Context, relationship: Relationship, returns: bool, lazy: str = "selectin") -> bool:
    """Have every query of a class load one of its relationships, with one statement for all rows.

    Args:
        context: The stage's context.
        relationship: The relationship.
        returns: Whether it leads back to the class from which its own was loaded; one of a class to itself always does.
        lazy: ``selectin``, or ``immediate``: one by one, taking what the session holds as it is.

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
    options = {"lazy": f'"{lazy}"'}
    is_own = relationship.target is not None and relationship.target in context.kinds.classes.line(relationship.cls)
    if lazy == "selectin" and (returns or is_own):
        options["join_depth"] = str(JOIN_DEPTH)
    back = _backref_name(node)
    if back is not None and back[0] == relationship.name and not _is_declared(context, relationship):
        _on_backref(context, module, node, back[1], options)
        return True
    if node.func is not None and last_name(node.func) == "Relationship":
        return _on_sqlmodel(context, module, node, options)
    _set_arguments(context, module, node, options)
    return True


def _is_declared(context: Context, relationship: Relationship) -> bool:
    for cls in context.kinds.classes.line(relationship.cls):
        _, value = cls.assignments.get(relationship.name, (None, None))
        if value is relationship.node:
            return True
    return False


def _set_arguments(context: Context, module: Module, call: ast.Call, options: dict[str, str]) -> None:
    edits = context.edits(module)
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    if "lazy" in given:
        edits.replace_node(given["lazy"], options["lazy"])
    added = [f"{name}={value}" for name, value in options.items() if name not in given]
    if added:
        add_argument(edits, call, ", ".join(added))


def _on_sqlmodel(context: Context, module: Module, call: ast.Call, options: dict[str, str]) -> bool:
    edits = context.edits(module)
    for keyword in call.keywords:
        if keyword.arg == "sa_relationship":
            return False
        if keyword.arg == "sa_relationship_kwargs":
            if not isinstance(keyword.value, ast.Dict):
                return False
            given = {
                key.value: value
                for key, value in zip(keyword.value.keys, keyword.value.values, strict=True)
                if isinstance(key, ast.Constant)
            }
            if "lazy" in given:
                edits.replace_node(given["lazy"], options["lazy"])
            added = _as_items({name: value for name, value in options.items() if name not in given})
            if not keyword.value.values:
                edits.replace_node(keyword.value, f"{{{added}}}")
            elif added:
                edits.insert_after(keyword.value.values[-1], f", {added}")
            return True
    add_argument(edits, call, f"sa_relationship_kwargs={{{_as_items(options)}}}")
    return True


def _as_items(options: dict[str, str]) -> str:
    return ", ".join(f'"{name}": {value}' for name, value in options.items())


def _on_backref(context: Context, module: Module, call: ast.Call, value: ast.expr, options: dict[str, str]) -> None:
    if isinstance(value, ast.Call):
        _set_arguments(context, module, value, options)
        return
    function = context.imports(module).need("sqlalchemy.orm", "backref")
    arguments = ", ".join(f"{name}={text}" for name, text in options.items())
    context.edits(module).wrap(value, f"{function}(", f", {arguments})")


def _backref_name(call: ast.Call) -> tuple[str, ast.expr] | None:
    for keyword in call.keywords:
        if keyword.arg == "backref":
            first = keyword.value
            if isinstance(first, ast.Call) and first.args:
                first = first.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                return first.value, keyword.value
    return None
