"""Statements that run while a module is imported, and that a function can run just as well when the program starts."""

from __future__ import annotations

import ast
from weakref import WeakKeyDictionary

from greenshift.shift.kinds import Kinds
from greenshift.shift.kinds.annotations import own_nodes
from greenshift.shift.kinds.metadata import is_metadata_call
from greenshift.shift.kinds.values import ModuleValue
from greenshift.shift.project import Function, Module
from greenshift.shift.project.alembic import is_alembic
from greenshift.shift.project.desktop import desktop_modules
from greenshift.shift.project.traversal import walk

MOVED = ast.With | ast.Try | ast.For
_FOUND: WeakKeyDictionary[Kinds, dict[ast.stmt, bool]] = WeakKeyDictionary()


def moved_statement(kinds: Kinds, node: ast.AST) -> ast.stmt | None:
    """Return the statement of a module's own body around a node, if it can go into a function as a whole.

    It can if nothing else uses the names that it binds.

    Args:
        kinds: The analysis.
        node: A node of the module's own code.
    """
    current: ast.AST = node
    parent = kinds.parents.get(current)
    while parent is not None and not isinstance(parent, ast.Module):
        current, parent = parent, kinds.parents.get(parent)
    if not isinstance(current, MOVED) or parent is None:
        return None
    found = _FOUND.setdefault(kinds, {})
    if current not in found:
        found[current] = _can_move(kinds, kinds.module_by_node[current], current)
    return current if found[current] else None


def _can_move(kinds: Kinds, module: Module, statement: ast.stmt) -> bool:
    if module.is_test or is_alembic(module) or module in desktop_modules(kinds.project):
        return False
    source = module.source
    before = source.text[source.line_start(source.start(statement)) : source.start(statement)]
    after = source.text[source.end(statement) : source.line_end(source.end(statement))].strip()
    if before.strip() or (after and not after.startswith("#")):
        return False
    inside = set(walk(statement))
    bound: set[str] = set()
    imported: set[str] = set()
    for node in inside:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            return False
        if isinstance(node, ast.Call) and is_metadata_call(kinds, node):
            return False
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound.add(node.id)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            bound.add(node.name)
        elif isinstance(node, ast.alias):
            imported.add(node.asname or node.name.partition(".")[0])
    if "*" in imported or any(name.isupper() for name in bound):
        # What is written like a constant is there for others.
        return False
    outside = {
        node.id
        for node in module.source.nodes
        if isinstance(node, ast.Name) and node not in inside and not _is_local(kinds, node)
    }
    return not outside & (bound | imported) and not any(
        other.imports and _takes(kinds, other, module, bound | imported) for other in kinds.project.modules
    )


def _is_local(kinds: Kinds, node: ast.Name) -> bool:
    """Whether a name is a parameter or a variable of a function around it."""
    unit = kinds.unit(node)
    while isinstance(unit, Function):
        if any(one.name == node.id for one in unit.parameters):
            return True
        stored = (one for one in own_nodes(unit.node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store))
        if any(one.id == node.id for one in stored):
            return not any(isinstance(one, ast.Global) and node.id in one.names for one in own_nodes(unit.node))
        unit = unit.parent
    return False


def _takes(kinds: Kinds, other: Module, module: Module, names: set[str]) -> bool:
    """Whether another module imports one of the names, or all there are, or reads one as the module's attribute."""
    tail = module.name.rpartition(".")[2]
    if any(star == module.name or star.rpartition(".")[2] == tail for star in other.stars):
        return True
    if any(
        one.name in names and (one.module == module.name or one.module.rpartition(".")[2] == tail)
        for one in other.imports.values()
    ):
        return True
    return any(
        node.attr in names and kinds.is_a(node.value, ModuleValue) for node in other.source.nodes_of(ast.Attribute)
    )
