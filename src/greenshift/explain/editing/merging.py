"""``session.add(owner)`` turned into ``owner = session.merge(owner)``."""

from __future__ import annotations

import libcst as cst

from greenshift.explain.editing.source import last_name, read_source
from greenshift.explain.explanation import Edit


def merge_instead_of_add(file: str, line: int, session: str, name: str, *, is_async: bool) -> tuple[Edit, ...]:
    """Return the edit that merges an object into a session instead of adding it.

    Args:
        file: the file.
        line: the line of the call.
        session: the variable that holds the session.
        name: the variable that holds the object.
        is_async: whether the session's ``merge`` is to be awaited.

    Returns:
        The edit; none where the line is anything but ``session.add(name)``, a statement of its own.
    """
    source = read_source(file, line)
    if source is None:
        return ()
    for statement in source.nodes(cst.Expr):
        call = statement.value
        if not source.covers(statement, line) or not isinstance(call, cst.Call) or len(call.args) != 1:
            continue
        method, argument = call.func, call.args[0]
        if not isinstance(method, cst.Attribute) or method.attr.value != "add" or argument.keyword is not None:
            continue
        if not isinstance(method.value, cst.Name) or not isinstance(argument.value, cst.Name):
            continue
        if last_name(method.value) != session or argument.value.value != name:
            continue
        function = source.function_of(statement)
        if is_async and not (isinstance(function, cst.FunctionDef) and function.asynchronous):
            return ()
        where = source.range(statement)
        if where.start.line != where.end.line:
            return ()
        old = source.lines[where.start.line - 1][where.start.column : where.end.column]
        new = f"{name} = {'await ' if is_async else ''}{session}.merge({name})"
        return (Edit(file, where.start.line, where.start.column, old, new, f"merge {name} instead of adding it"),)
    return ()
