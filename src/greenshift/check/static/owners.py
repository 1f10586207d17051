"""The name by which a program knows what a call makes."""

from __future__ import annotations

import ast

from greenshift.check.source.source_file import FunctionNode, SourceFile
from greenshift.check.static.bindings import dotted


def name_of(file: SourceFile, call: ast.expr, fallback: str) -> str:
    """Return the variable, attribute or function by which a program knows what a call makes.

    Args:
        file: where the call is.
        call: the call.
        fallback: the name where there is none.
    """
    inner: ast.AST = call
    above = file.parent(inner)
    key = ""
    while above is not None and not isinstance(above, ast.stmt):
        if isinstance(above, ast.NamedExpr):
            return above.target.id
        if isinstance(above, ast.Dict):
            key = next(
                (
                    f"[{ast.unparse(name)}]"
                    for name, value in zip(above.keys, above.values, strict=True)
                    if value is inner and name is not None
                ),
                "",
            )
        inner, above = above, file.parent(above)
    if isinstance(above, ast.Assign):
        for target in above.targets:
            name = _target(file, target)
            if name is not None:
                return name + key
    if isinstance(above, ast.AnnAssign | ast.AugAssign):
        name = _target(file, above.target)
        if name is not None:
            return name + key
    if isinstance(above, ast.With | ast.AsyncWith):
        for item in above.items:
            if item is inner and isinstance(item.optional_vars, ast.Name):
                return item.optional_vars.id
    function = above if isinstance(above, FunctionNode) else file.function(call)
    if function is not None:
        owner = file.parent(function)
        return f"{owner.name}.{function.name}" if isinstance(owner, ast.ClassDef) else function.name
    return fallback


def _target(file: SourceFile, target: ast.expr) -> str | None:
    if isinstance(target, ast.Tuple | ast.List):
        return next((name for name in (_target(file, item) for item in target.elts) if name is not None), None)
    if isinstance(target, ast.Subscript):
        return dotted(target.value)
    name = dotted(target)
    owner = _class_around(file, target)
    if name is None:
        return None
    start, _, rest = name.partition(".")
    if start in ("self", "cls") and rest:
        return f"{owner}.{rest}" if owner else rest
    return f"{owner}.{name}" if owner and isinstance(file.parent(file.parent(target) or target), ast.ClassDef) else name


def _class_around(file: SourceFile, node: ast.AST) -> str | None:
    above = file.parent(node)
    while above is not None:
        if isinstance(above, ast.ClassDef):
            return above.name
        above = file.parent(above)
    return None
