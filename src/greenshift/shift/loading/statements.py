"""The statements of a function or module, each with the blocks that it stands in."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from greenshift.shift.project import Function, Module

Block = tuple[int, ...]
"""The lists of statements around a statement, outermost first: one block lies in another that it begins with."""


def statements_of(unit: Function | Module) -> Iterator[tuple[ast.stmt, Block]]:
    """Yield a unit's own statements in the order of the text, not those of functions and classes defined inside.

    Args:
        unit: The function (a lambda has none) or module.

    Yields:
        The statement and its blocks.
    """
    body = unit.source.tree.body if isinstance(unit, Module) else unit.node.body
    return _statements(body, ()) if isinstance(body, list) else iter(())


def _statements(body: list[ast.stmt], block: Block) -> Iterator[tuple[ast.stmt, Block]]:
    for statement in body:
        yield statement, block
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        inner = [getattr(statement, field, None) for field in ("body", "orelse", "finalbody")]
        for part in [*getattr(statement, "handlers", []), *getattr(statement, "cases", [])]:
            inner.append(part.body)
        for statements in inner:
            if isinstance(statements, list) and statements:
                yield from _statements(statements, (*block, id(statements)))
