"""Keyword arguments of calls, removed."""

from __future__ import annotations

import libcst as cst
from libcst.metadata import CodePosition

from greenshift.explain.editing.source import Source, last_name, read_source
from greenshift.explain.explanation import Edit


def remove_argument(file: str, line: int, keyword: str, value: str) -> tuple[Edit, ...]:
    """Return the edit that removes ``keyword=value`` from a call, and the import that only it needed.

    Args:
        file: the file.
        line: a line of the call.
        keyword: the argument's name.
        value: the name that it passes, without its module.

    Returns:
        The edits; none where the line holds no such argument, or several.
    """
    source = read_source(file)
    if source is None:
        return ()
    found = [
        (call, number)
        for call in source.nodes(cst.Call)
        if source.covers(call, line)
        for number, argument in enumerate(call.args)
        if argument.keyword is not None and argument.keyword.value == keyword and last_name(argument.value) == value
    ]
    if len(found) != 1:
        return ()
    call, number = found[0]
    title = f"remove {keyword}={value}"
    start, end = _extent(source, call, number)
    edits = [_removal(source, start, end, title)]
    if isinstance(call.args[number].value, cst.Name):
        edits += _unused_import(source, value)
    return tuple(edits)


def _extent(source: Source, call: cst.Call, number: int) -> tuple[CodePosition, CodePosition]:
    """Return what is to go: the argument, with the comma and the space on one side of it."""
    argument = call.args[number]
    if number + 1 < len(call.args):
        return source.range(argument).start, source.range(call.args[number + 1]).start
    end = source.range(argument.value).end
    if number == 0:
        return source.range(argument).start, _behind_comma(source, end)
    # The last one goes with the comma before it; a comma behind it stays behind the argument before.
    return source.range(call.args[number - 1].value).end, end


def _behind_comma(source: Source, end: CodePosition) -> CodePosition:
    rest = source.lines[end.line - 1][end.column :]
    stripped = rest.lstrip()
    return CodePosition(end.line, end.column + len(rest) - len(stripped) + 1) if stripped.startswith(",") else end


def _unused_import(source: Source, name: str) -> list[Edit]:
    """Return the edit that removes a name from the import that brings it, where the name stands nowhere else."""
    uses = [one for one in source.nodes(cst.Name) if one.value == name]
    quoted = any(name in one.raw_value for one in source.nodes(cst.SimpleString))
    imports = [
        (statement, number)
        for statement in source.nodes(cst.ImportFrom)
        if not isinstance(statement.names, cst.ImportStar)
        for number, alias in enumerate(statement.names)
        if alias.asname is None and alias.evaluated_name == name
    ]
    # One in the import, one in the argument.
    if len(imports) != 1 or len(uses) != 2 or quoted:
        return []
    statement, number = imports[0]
    aliases = statement.names
    assert not isinstance(aliases, cst.ImportStar)
    title = f"remove the import of {name}"
    if len(aliases) > 1:
        if number + 1 < len(aliases):
            start, end = source.range(aliases[number]).start, source.range(aliases[number + 1]).start
        else:
            start, end = source.range(aliases[number - 1].name).end, source.range(aliases[number].name).end
        if aliases[number - 1].asname is not None and number + 1 == len(aliases):
            return []
        return [_removal(source, start, end, title)]
    line = source.parent(statement)
    if not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1:
        return []
    block = source.parent(line)
    if isinstance(block, cst.IndentedBlock) and len(block.body) == 1:
        return []
    where = source.range(line)
    if where.end.line >= len(source.lines) or line.trailing_whitespace.comment is not None:
        return []
    return [_removal(source, CodePosition(where.start.line, 0), CodePosition(where.end.line + 1, 0), title)]


def _removal(source: Source, start: CodePosition, end: CodePosition, title: str) -> Edit:
    lines = source.text.splitlines(keepends=True)
    old = "".join(lines[start.line - 1 : end.line])
    behind = len(lines[end.line - 1]) - end.column if end.line <= len(lines) else 0
    old = old[start.column : len(old) - behind]
    return Edit(source.path, start.line, start.column, old, "", title)
