"""Where the code says that it wants a list: what a result gives is one, but is typed as a ``Sequence``."""

from __future__ import annotations

import ast

from greenshift.shift.project import Function
from greenshift.shift.rewrite.modernize.work import Work


def is_given_as_list(work: Work, call: ast.expr) -> bool:
    """Whether an expression is a whole value that is annotated as a list: what is returned, or is assigned.

    Args:
        work: The group that is converted.
        call: What the query's execution is written as.
    """
    kinds = work.group.context.kinds
    node: ast.AST = call
    parent = kinds.parents.get(node)
    while isinstance(parent, ast.IfExp) and node is not parent.test:
        node, parent = parent, kinds.parents.get(parent)
    annotation: ast.expr | None = None
    if isinstance(parent, ast.AnnAssign):
        annotation = parent.annotation
    elif isinstance(parent, ast.Return):
        unit = kinds.unit(call)
        if isinstance(unit, Function) and not isinstance(unit.node, ast.Lambda):
            annotation = unit.node.returns
    named = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    return isinstance(named, ast.Name) and named.id in ("list", "List")
