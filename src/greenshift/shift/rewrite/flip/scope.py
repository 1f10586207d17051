"""Where the flip reaches: which code stays sync, and which library's thing a name is there."""

from __future__ import annotations

import ast
from weakref import WeakKeyDictionary

from greenshift.shift.colour.reach import in_reach
from greenshift.shift.kinds import Kinds
from greenshift.shift.kinds.annotations import own_nodes
from greenshift.shift.kinds.values import External
from greenshift.shift.project import Class, Function, Module
from greenshift.shift.project.desktop import keeps_sessions
from greenshift.shift.rewrite.context import Context

LIBRARIES = ("sqlalchemy", "sqlmodel")
_LOCALS: WeakKeyDictionary[Kinds, dict[Function, set[str]]] = WeakKeyDictionary()
_GIVEN: WeakKeyDictionary[Kinds, set[Function]] = WeakKeyDictionary()


def enclosing(context: Context, node: ast.AST) -> Function | None:
    """Return the function around a node; for a parameter, an annotation or a decorator the function they belong to.

    Args:
        context: The flip's context.
        node: The node.
    """
    current: ast.AST | None = node
    while current is not None:
        if isinstance(current, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            found = context.kinds.module_by_node[current].by_node.get(current)
            return found if isinstance(found, Function) else None
        current = context.kinds.parents.get(current)
    return None


def is_reached(context: Context, module: Module) -> bool:
    """Whether a module is shifted at all: Alembic's environment and its migrations are not."""
    return in_reach(context.project, module)


def stays_sync(context: Context, module: Module, node: ast.AST) -> bool:
    """Whether the code around a node goes on working with sync sessions and connections.

    That is so in Alembic's modules, in functions that run inside ``run_sync`` and in event listeners.

    Args:
        context: The flip's context.
        module: Where the node stands.
        node: The node.
    """
    if not is_reached(context, module) or keeps_sessions(context.project, module):
        return True
    function = enclosing(context, node)
    while function is not None:
        if is_sync_function(context, function):
            return True
        function = function.parent
    return False


def is_sync_function(context: Context, function: Function) -> bool:
    """Whether a function is handed sync sessions and connections after the flip."""
    if context.colours is not None and function in context.colours.bridged:
        return True
    if function.is_async:
        return False
    return "listener" in context.kinds.fixtures.traits(function) or function in given_to_run_sync(context)


def given_to_run_sync(context: Context) -> set[Function]:
    """Return the functions that already run inside ``run_sync``, or that ``event.listen`` registers."""
    found = _GIVEN.get(context.kinds)
    if found is None:
        found = set()
        for module in context.project.modules:
            for call in context.kinds.calls(module):
                name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
                if name == "run_sync" and call.args:
                    found |= context.kinds.references.get(call.args[0], set())
                elif library_name(context, module, call.func) in (
                    "sqlalchemy.event.listen",
                    "sqlalchemy.event.api.listen",
                ):
                    for argument in call.args[2:]:
                        found |= context.kinds.references.get(argument, set())
        _GIVEN[context.kinds] = found
    return found


def library_name(context: Context, module: Module, node: ast.expr) -> str | None:
    """Return the dotted name of the library's thing that an expression is, local names seen; None for anything else.

    Args:
        context: The flip's context.
        module: Where the expression stands.
        node: The expression.
    """
    if not isinstance(node, ast.Name | ast.Attribute):
        return None
    values = context.kinds.values(node)
    if values:
        names = {value.name for value in values if isinstance(value, External)}
        return names.pop() if len(names) == 1 and len(values) == 1 else None
    root = node
    while isinstance(root, ast.Attribute):
        root = root.value  # type: ignore[assignment]
    if not isinstance(root, ast.Name):
        return None
    name = context.kinds.library_name(module, node)
    return None if name is None or is_local(context, root) else name


def sqlalchemy_name(context: Context, module: Module, node: ast.expr) -> str | None:
    """Return the last part of the name of SQLAlchemy's or SQLModel's thing that an expression is, or None.

    Args:
        context: The flip's context.
        module: Where the expression stands.
        node: The expression.
    """
    name = library_name(context, module, node)
    if name is None or name.partition(".")[0] not in LIBRARIES:
        return None
    return name.rpartition(".")[2]


def is_sqlmodel(context: Context, module: Module, node: ast.expr) -> bool:
    """Whether an expression is SQLModel's thing rather than SQLAlchemy's."""
    return (library_name(context, module, node) or "").partition(".")[0] == "sqlmodel"


def is_local(context: Context, node: ast.Name) -> bool:
    """Whether a name is a parameter or a local variable of a function around it.

    Args:
        context: The flip's context.
        node: The name.
    """
    function = enclosing(context, node)
    while function is not None:
        if node.id in _local_names(context, function):
            return True
        function = function.parent
    return False


def _local_names(context: Context, function: Function) -> set[str]:
    cached = _LOCALS.setdefault(context.kinds, {})
    found = cached.get(function)
    if found is None:
        found = cached[function] = {parameter.name for parameter in function.parameters}
        for one in own_nodes(function.node):
            if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store):
                found.add(one.id)
            elif isinstance(one, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                found.add(one.name)
    return found


def class_around(context: Context, node: ast.AST) -> Class | None:
    """Return the class in whose body, or in whose method, a node stands."""
    current: ast.AST | None = node
    while current is not None:
        if isinstance(current, ast.ClassDef):
            found = context.kinds.module_by_node[current].by_node.get(current)
            return found if isinstance(found, Class) else None
        current = context.kinds.parents.get(current)
    return None
