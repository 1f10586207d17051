"""Alembic's commands that are given a connection: they get the sync one, inside of ``run_sync``.

https://alembic.sqlalchemy.org/en/latest/cookbook.html#programmatic-api-use-connection-sharing-with-asyncio
"""

from __future__ import annotations

import ast

from greenshift.shift.kinds.annotations import own_nodes
from greenshift.shift.kinds.values import Connection
from greenshift.shift.project import Function
from greenshift.shift.rewrite.context import Context

COMMANDS = "alembic.command."


def fix_alembic_commands(context: Context) -> None:
    """Hand Alembic the sync connection inside, in functions that become async.

    Args:
        context: The flip's context.
    """
    colours = context.colours
    assert colours is not None
    for function in context.project.functions:
        if function in colours.asynchronous and not function.is_async and not function.is_lambda:
            _convert(context, function)


def _convert(context: Context, function: Function) -> None:
    source, edits = function.module.source, context.edits(function.module)
    given: ast.Name | None = None
    for node in sorted(own_nodes(function.node), key=lambda one: getattr(one, "lineno", 0)):
        if isinstance(node, ast.Assign) and _is_attribute(node.targets[0]) and isinstance(node.value, ast.Name):
            values = context.kinds.values(node.value)
            if any(isinstance(one, Connection) and not one.is_async for one in values):
                given = node.value
                edits.insert_after(given, ".sync_connection")
        elif isinstance(node, ast.Call) and given is not None:
            name = context.kinds.library_name(function.module, node.func) or ""
            alone = isinstance(context.kinds.parents.get(node), ast.Expr)
            if name.startswith(COMMANDS) and alone:
                edits.wrap(node, f"await {source.segment(given)}.run_sync(lambda _: ", ")")


def _is_attribute(target: ast.expr) -> bool:
    """``config.attributes["connection"]``."""
    return (
        isinstance(target, ast.Subscript)
        and isinstance(target.value, ast.Attribute)
        and target.value.attr == "attributes"
        and isinstance(target.slice, ast.Constant)
        and target.slice.value == "connection"
    )
