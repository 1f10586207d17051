"""``object_session(instance)`` gives the sync session inside: async code asks for the async one around it."""

from __future__ import annotations

import ast

from greenshift.shift.kinds.session_origins import has_only_async_sessions
from greenshift.shift.kinds.values import Session
from greenshift.shift.project import Function, Module
from greenshift.shift.rewrite.context import Context

NAME = "object_session"


def fix_object_session(context: Context) -> None:
    """Write ``async_object_session`` in functions that become async.

    Args:
        context: The flip's context.
    """
    colours = context.colours
    assert colours is not None
    was_async = has_only_async_sessions(context.project, context.kinds)
    for module in context.project.modules:
        for call in context.kinds.calls(module) if NAME in module.source.text else ():
            unit = context.kinds.unit(call)
            turns = isinstance(unit, Function) and unit in colours.asynchronous
            if turns and not was_async and _is_object_session(context, module, call):
                new = context.imports(module).need("sqlalchemy.ext.asyncio", "async_object_session")
                context.edits(module).replace_node(call.func, new)


def _is_object_session(context: Context, module: Module, call: ast.Call) -> bool:
    """``object_session(x)``, ``Session.object_session(x)`` or ``session.object_session(x)``."""
    if not any(isinstance(one, Session) and not one.is_async for one in context.kinds.values(call)):
        return False
    if (context.kinds.library_name(module, call.func) or "").rpartition(".")[2] == NAME:
        return True
    return isinstance(call.func, ast.Attribute) and call.func.attr == NAME
