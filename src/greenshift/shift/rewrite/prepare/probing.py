"""A connection that is opened to see whether one can be, and that nobody takes, is closed where it was opened.

Left to the garbage collector, an async connection cannot be closed: that would need its event loop.
"""

from __future__ import annotations

import ast

from greenshift.shift.kinds.values import Engine
from greenshift.shift.rewrite.context import Context


def close_probes(context: Context) -> None:
    """Write ``engine.connect()``, as a statement of its own, as a ``with`` statement.

    Args:
        context: The stage's context.
    """
    for module in context.project.modules:
        for node in module.source.nodes:
            if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
                continue
            function = node.value.func
            if not isinstance(function, ast.Attribute) or function.attr != "connect":
                continue
            if any(isinstance(value, Engine) and not value.is_async for value in context.kinds.values(function.value)):
                indentation = module.source.indentation(node)
                context.edits(module).wrap(node.value, "with ", f":\n{indentation}    pass")
