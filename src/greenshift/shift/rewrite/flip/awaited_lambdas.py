"""``timed(lambda: 7)``, where what ``timed`` makes of it awaits the lambda: it becomes an ``async def``."""

from __future__ import annotations

import ast

from greenshift.shift.project import Function
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.definitions import hoist

KIND = "callback"


def fix_awaited_lambdas(context: Context) -> None:
    """Write lambdas that are awaited where they are called, and give no coroutine, as coroutine functions.

    Args:
        context: The flip's context, with its colours.
    """
    colours = context.colours
    assert colours is not None
    found: set[Function] = set()
    for node in colours.awaits:
        found |= {one for one in context.kinds.targets(node) if one.is_lambda}
    for function in sorted(found, key=lambda one: one.place):
        body = function.node.body
        given = context.kinds.targets(body) if isinstance(body, ast.AST) else set()
        if body in colours.awaits or given & colours.asynchronous or _is_called_elsewhere(context, function):
            continue
        assert isinstance(function.node, ast.Lambda)
        if not hoist(context, function.module, function.node, f"given_{function.node.lineno}"):
            context.leave(function.module, function.node, KIND, "this lambda is awaited now, and gives no coroutine")


def _is_called_elsewhere(context: Context, function: Function) -> bool:
    """Whether a call that does not await reaches a lambda, too."""
    colours = context.colours
    assert colours is not None
    return any(node not in colours.awaits for node in context.kinds.invoked_at.get(function, ()))
