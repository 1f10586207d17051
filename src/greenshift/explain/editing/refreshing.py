"""A refresh of an object put before the line that reads it, and what expired the object above that line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import libcst as cst
from libcst.metadata import CodePosition

from greenshift.explain.editing.source import Source
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


def insert_refresh(source: Source, line: int, text: str) -> Edit | None:
    """Put a statement before the one that a line belongs to.

    Args:
        source: the file.
        line: the line, from 1.
        text: the statement, which awaits.

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
    start = source.range(found).start
    indentation = source.lines[start.line - 1][: start.column]
    if indentation.strip():
        return None
    return source.insertion(CodePosition(start.line, 0), f"{indentation}{text}\n", f"before the read: {text}")


@dataclass(frozen=True)
class Expiry:
    """What expired the objects of a session, as the source shows it.

    Args:
        line: where.
        by: ``commit``, ``rollback``, ``expire`` or ``expire_all``.
    """

    line: int
    by: str


def find_expiry(source: Source, line: int) -> Expiry | None:
    """Return the nearest line above, in the same function, that expires what a session holds.

    Args:
        source: the file.
        line: the line of the read, from 1.
    """
    function = source.function_at(line)
    if function is None:
        return None
    found: Expiry | None = None
    for node in source.nodes(cst.Call, cst.With, within=function.body):
        where = source.range(node)
        if isinstance(node, cst.With):
            if where.end.line < line and _commits(node) and (found is None or found.line < where.start.line):
                found = Expiry(where.start.line, "commit")
            continue
        method = node.func.attr.value if isinstance(node.func, cst.Attribute) else None
        if method in _EXPIRES and where.end.line < line and (found is None or found.line < where.end.line):
            found = Expiry(where.start.line, method)
    return found


def _commits(block: cst.With) -> bool:
    return any(
        isinstance(one.item, cst.Call)
        and isinstance(one.item.func, cst.Attribute)
        and one.item.func.attr.value == "begin"
        for one in block.items
    )
