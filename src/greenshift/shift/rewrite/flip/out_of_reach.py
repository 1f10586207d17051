"""What has no async form, and what a desktop program needs sync: named, and left as it is."""

from __future__ import annotations

import ast

from greenshift.shift.colour.reach import without_async_form
from greenshift.shift.kinds.values import Engine
from greenshift.shift.project.desktop import desktop_modules
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.flip.scope import LIBRARIES, library_name


def list_out_of_reach(context: Context) -> None:
    """List what makes sessions that stay sync, and work on as before.

    Args:
        context: The stage's context.
    """
    for module in context.project.modules:
        for node, library in without_async_form(context.kinds, module):
            context.leave(module, node, "out of reach", f"{library} has no async form: it stays sync, and works")
    for module in context.project.modules:
        for call in context.kinds.calls(module):
            if not isinstance(call.func, ast.Attribute) or call.func.attr != "raw_connection":
                continue
            if any(isinstance(one, Engine) and not one.is_async for one in context.kinds.values(call.func.value)):
                reason = "its cursors run inside run_sync alone, with the parameters of the new driver"
                context.leave(module, call, "driver", f"the driver's own connection: {reason}")
    for module in desktop_modules(context.project):
        for call in context.kinds.calls(module):
            name = library_name(context, module, call.func) or ""
            if name.startswith(LIBRARIES) and context.kinds.is_a(call, Engine):
                context.leave(
                    module, call, "out of reach", "a desktop program uses this engine: it stays sync, and works"
                )
