"""A refresh of an object put before the line that reads it, and what expired the object above that line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import libcst as cst
from libcst.metadata import CodePosition

from greenshift.explain.editing.source import Source, dotted, stored_names
from greenshift.explain.explanation import Edit

_EXPIRES: Final = frozenset({"commit", "rollback", "expire", "expire_all"})


def refresh_text(session: str, instance: str, attributes: Sequence[str] = ()) -> str:
    """Return ``await session.refresh(account, ["items"])``.

    Args:
        session: the session's variable.
        instance: the object's variable.
        attributes: the attributes to load; none for all columns.
    """
    names = ", ".join(f'"{name}"' for name in attributes)
    return f"await {session}.refresh({instance}{f', [{names}]' if names else ''})"


def insert_refresh(source: Source, line: int, text: str, once: str | None = None) -> Edit | None:
    """Put a statement before the one that a line belongs to.

    Args:
        source: the file.
        line: the line, from 1.
        text: the statement, which awaits.
        once: a variable: where a loop does not set it, the statement goes before the loop.

    Returns:
        The edit; None where the line is not in a coroutine function, or nothing can be put before its statement.
    """
    function = source.function_at(line)
    if function is None or function.asynchronous is None:
        return None
    if any(source.covers(one, line) for one in source.nodes(cst.Lambda, within=function)):
        return None
    found: cst.CSTNode | None = None
    for node in source.nodes(cst.SimpleStatementLine, cst.BaseCompoundStatement, within=function.body):
        if source.covers(node, line):
            found = node
    # The head of a while runs again and the line before it does not; nothing may stand before an except or a case.
    if found is None or isinstance(
        found, cst.While | cst.Try | cst.TryStar | cst.Match | cst.FunctionDef | cst.ClassDef
    ):
        return None
    above = source.parent(found)
    if isinstance(above, cst.If) and above.orelse is found:
        return None
    if isinstance(found, cst.If | cst.For | cst.With) and source.range(found.body).start.line < line:
        return None
    if once is not None:
        found = _before_loops(source, found, once)
    start = source.range(found).start
    indentation = source.lines[start.line - 1][: start.column]
    if indentation.strip():
        return None
    return source.insertion(CodePosition(start.line, 0), f"{indentation}{text}\n", f"before the read: {text}")


def _before_loops(source: Source, statement: cst.CSTNode, name: str) -> cst.CSTNode:
    for above in source.ancestors(statement):
        if isinstance(above, cst.FunctionDef):
            break
        if isinstance(above, cst.For | cst.While):
            if name in stored_names(source, above):
                break
            statement = above
    return statement


@dataclass(frozen=True)
class Expiry:
    """What expired the objects of a session, as the source shows it.

    Args:
        line: where.
        by: ``commit``, ``rollback``, ``expire`` or ``expire_all``.
        session: what the code calls the session, ``self.session``; None for an expression.
    """

    line: int
    by: str
    session: str | None


def find_expiries(source: Source, line: int) -> list[Expiry]:
    """Return the lines above, in the same function, that expire what a session holds; the nearest first.

    Args:
        source: the file.
        line: the line of the read, from 1.
    """
    function = source.function_at(line)
    if function is None:
        return []
    found: list[Expiry] = []
    for node in source.nodes(cst.Call, cst.With, within=function.body):
        where = source.range(node)
        if where.end.line >= line or source.function_of(node) is not function:
            continue
        if isinstance(node, cst.With):
            found += [Expiry(where.start.line, "commit", name) for name in _committing(node)]
        elif isinstance(node.func, cst.Attribute) and node.func.attr.value in _EXPIRES:
            found.append(Expiry(where.start.line, node.func.attr.value, dotted(node.func.value)))
    return sorted(found, key=lambda one: -one.line)


def _committing(block: cst.With) -> list[str | None]:
    """Return the sessions that a ``with`` commits: of ``session.begin()`` or of ``factory.begin() as session``."""
    names = []
    for one in block.items:
        called = one.item.func if isinstance(one.item, cst.Call) else None
        if isinstance(called, cst.Attribute) and called.attr.value == "begin":
            names.append(dotted(called.value if one.asname is None else one.asname.name))
    return names
