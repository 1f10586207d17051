"""Lists database access where nothing can be awaited: in constructors, and while a module is imported."""

from __future__ import annotations

import ast

from greenshift.shift.colour.imported import moved_statement
from greenshift.shift.kinds.touches import touches
from greenshift.shift.project import Function, Module
from greenshift.shift.project.main_guard import under_main_guard
from greenshift.shift.rewrite.context import Context

CONSTRUCTORS = {"__init__", "__new__", "__post_init__", "__init_subclass__", "__set_name__"}


def list_barriers(context: Context) -> None:
    """List the places; creating tables at import is not among them, because the flip moves it into the lifespan.

    Args:
        context: The stage's context.
    """
    for module in context.project.modules:
        if module.is_test:
            continue
        for touch in touches(context.kinds, module):
            unit = context.kinds.unit(touch.node)
            if isinstance(unit, Function) and unit.name in CONSTRUCTORS:
                owner = f"{unit.owner.name}." if unit.owner is not None else ""
                reason = f"{owner}{unit.name} talks to the database, and a constructor cannot await"
            elif isinstance(unit, Module) and touch.what != "metadata" and not _is_moved(context, touch.node):
                reason = "the database is talked to while the module is imported, where nothing can be awaited"
            else:
                continue
            context.leave(module, touch.node, "barrier", reason)


def _is_moved(context: Context, node: ast.AST) -> bool:
    """Whether the flip puts what an import runs into a function."""
    return under_main_guard(node, context.kinds.parents) or moved_statement(context.kinds, node) is not None
