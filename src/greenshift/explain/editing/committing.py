"""``session.commit()`` put behind the statement that wrote."""

from __future__ import annotations

from typing import Final

import libcst as cst
from libcst.metadata import CodePosition

from greenshift.explain.editing.source import Source, dotted, read_source
from greenshift.explain.explanation import Edit

# What sends statements: methods of sessions and connections, both of which have a commit().
_METHODS: Final = frozenset(
    {"flush", "execute", "scalars", "scalar", "get", "get_one", "refresh", "exec_driver_sql", "run_sync"}
)


def commit_after(file: str, line: int, *, is_async: bool) -> Edit | None:
    """Return the edit that commits after a line, or None where it is not certain that this is the place.

    Args:
        file: the file.
        line: the line that wrote.
        is_async: whether it wrote through an asyncio engine.
    """
    source = read_source(file, line)
    if source is None:
        return None
    statements = [one for one in source.nodes(cst.SimpleStatementLine) if source.covers(one, line)]
    if len(statements) != 1 or not _may_follow(source, statements[0]):
        return None
    statement = statements[0]
    receivers = {
        receiver
        for call in source.nodes(cst.Call, within=statement)
        if isinstance(call.func, cst.Attribute)
        and call.func.attr.value in _METHODS
        and (receiver := dotted(call.func.value)) is not None
    }
    if len(receivers) != 1:
        return None
    function = source.function_of(statement)
    waits = is_async and isinstance(function, cst.FunctionDef) and function.asynchronous is not None
    where = source.range(statement)
    text = f"{'await ' if waits else ''}{receivers.pop()}.commit()"
    # The comment behind a statement belongs to its line.
    end = CodePosition(where.end.line, len(source.lines[where.end.line - 1]))
    return source.insertion(end, f"\n{source.indentation(where.start.line)}{text}", f"{text} behind the write")


def _may_follow(source: Source, statement: cst.SimpleStatementLine) -> bool:
    """Return whether a commit behind a statement is reached, happens once, and has no block that commits by itself."""
    if any(isinstance(one, cst.Return | cst.Raise | cst.Break | cst.Continue) for one in statement.body):
        return False
    for above in source.ancestors(statement):
        if isinstance(above, cst.FunctionDef | cst.Lambda | cst.ClassDef):
            return True
        if isinstance(above, cst.For | cst.While):
            return False
        if isinstance(above, cst.With) and any(_begins(item.item) for item in above.items):
            return False
    return True


def _begins(entered: cst.BaseExpression) -> bool:
    if isinstance(entered, cst.Await):
        entered = entered.expression
    if not isinstance(entered, cst.Call) or not isinstance(entered.func, cst.Attribute):
        return False
    return entered.func.attr.value in {"begin", "begin_nested"}
