"""``compare_metadata(MigrationContext.configure(connection), ...)``: other libraries send on a sync connection."""

from __future__ import annotations

import ast

from greenshift.shift.kinds.annotations import own_nodes
from greenshift.shift.kinds.values import Connection, External, ExternalInstance
from greenshift.shift.project import Function, Module
from greenshift.shift.project.traversal import walk
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.flip.awaiting import needs_parentheses
from greenshift.shift.rewrite.flip.scope import LIBRARIES, enclosing, stays_sync

PASSING_ON = {"asyncio", "typing", "builtins", "fastapi", "starlette", "unittest", "pytest", "functools", "contextlib"}
"""Libraries that only pass on what they are given."""
KEEPING = "MigrationContext"
"""What keeps a connection and sends on it later."""


def fix_lent_connections(context: Context) -> None:
    """Run what another library does with a connection inside its ``run_sync``.

    Args:
        context: The flip's context.
    """
    colours = context.colours
    assert colours is not None
    for module in context.project.modules:
        done: set[ast.expr] = set()
        for call in context.kinds.calls(module):
            unit = enclosing(context, call)
            if unit is None or not colours.is_async(unit) or stays_sync(context, module, call):
                continue
            lent = _lent(context, call)
            if lent is None and not _sends_later(context, call):
                continue
            whole = _outermost(context, call)
            if whole in done or any(one in colours.awaits for one in walk(whole)):
                continue
            done.add(whole)
            _run_inside(context, module, unit, whole, lent)


def is_lent(context: Context, call: ast.Call) -> bool:
    """Whether a call of another library is given a connection that has a name, so that it can run in ``run_sync``.

    Args:
        context: The flip's context.
        call: The call.
    """
    return _lent(context, call) is not None


def _lent(context: Context, call: ast.Call) -> ast.Name | None:
    """The connection that another library's function is given."""
    if not _is_foreign(context, call):
        return None
    for argument in [*call.args, *(keyword.value for keyword in call.keywords)]:
        if isinstance(argument, ast.Name) and _is_sync_connection(context, argument):
            return argument
    return None


def _is_foreign(context: Context, call: ast.Call) -> bool:
    names = {
        value.name.replace("()", "").partition(".")[0]
        for value in context.kinds.values(call.func)
        if isinstance(value, External | ExternalInstance)
    }
    return bool(names) and not names & {*LIBRARIES, *PASSING_ON} and not context.kinds.targets(call)


def _is_sync_connection(context: Context, node: ast.expr) -> bool:
    return any(isinstance(value, Connection) and not value.is_async for value in context.kinds.values(node))


def _sends_later(context: Context, call: ast.Call) -> bool:
    """Whether a call uses what another library made of a connection before."""
    used = [*call.args, *(keyword.value for keyword in call.keywords)]
    if isinstance(call.func, ast.Attribute):
        used.append(call.func.value)
    return any(
        isinstance(one, ast.Name)
        and any(isinstance(value, ExternalInstance) and KEEPING in value.name for value in context.kinds.values(one))
        for one in used
    ) and not context.kinds.targets(call)


def _outermost(context: Context, call: ast.Call) -> ast.expr:
    """The chain of calls around a call: what it gives may send something when it is used."""
    parents = context.kinds.parents
    current: ast.expr = call
    inside: ast.AST | None = call
    while inside is not None:
        parent = parents.get(inside)
        if isinstance(parent, ast.keyword):
            parent = parents.get(parent)
        if isinstance(parent, ast.Call):
            if context.kinds.targets(parent):
                break
            current = parent
        elif not isinstance(parent, ast.Attribute):
            break
        inside = parent
    return current


def _run_inside(context: Context, module: Module, unit: Function, whole: ast.expr, lent: ast.Name | None) -> None:
    source, edits = module.source, context.edits(module)
    parameter, name = "_", lent.id if lent is not None else None
    if lent is not None:
        parameter = "sync_connection"
        for node in walk(whole):
            if isinstance(node, ast.Name) and node.id == lent.id:
                edits.replace_node(node, parameter)
    else:
        before = [
            node
            for node in own_nodes(unit.node)
            if isinstance(node, ast.Name)
            and source.start(node) < source.start(whole)
            and _is_sync_connection(context, node)
        ]
        name = max(before, key=source.start).id if before else None
    if name is None:
        context.leave(
            module, whole, "engine", "it sends on a connection that is async now: use the connection's run_sync"
        )
        return
    wrapped = needs_parentheses(context, whole)
    edits.wrap(
        whole,
        f"{'(' if wrapped else ''}await {name}.run_sync(lambda {parameter}: ",
        "))" if wrapped else ")",
    )
