"""Where a call's arguments are written: what to replace, what to delete, where another one can be added."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from greenshift.check.facts.written import WrittenArgument
from greenshift.check.source.source_file import SourceFile
from greenshift.report.findings import Place

_SPACE: Final = (tokenize.NL, tokenize.NEWLINE, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
_Position = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Extent:
    """An argument's text, where its value begins, and its comma; lines from 1, columns in characters from 0."""

    start: _Position
    value: _Position
    end: _Position
    comma: _Position | None


def written_arguments(
    file: SourceFile, call: ast.Call, positional: Sequence[str]
) -> tuple[Mapping[str, WrittenArgument], tuple[Place, str] | None]:
    """Return the arguments that are written in a call, by name, and how another one is added behind them.

    Args:
        file: where the call is.
        call: the call.
        positional: the names of the parameters that are given by position.
    """
    extents = _extents(file, call)
    if extents is None:
        return {}, None
    nodes: list[ast.expr | ast.keyword] = sorted(
        [*call.args, *call.keywords], key=lambda node: (node.lineno, node.col_offset)
    )
    if len(nodes) != len(extents):
        return {}, None
    found: dict[str, WrittenArgument] = {}
    for index, node in enumerate(nodes):
        extent = extents[index]
        name = node.arg if isinstance(node, ast.keyword) else _positional(call, node, positional)
        if name is None:
            continue
        whole = _place(file, extent.start, extent.end)
        value = whole
        if isinstance(node, ast.keyword):
            value = _place(file, extent.value, extent.end)
        removal = _removal(file, extents, index)
        found[name] = WrittenArgument(whole, value, _place(file, *removal))
    return found, _addition(file, call, extents)


def _positional(call: ast.Call, node: ast.expr, names: Sequence[str]) -> str | None:
    for index, argument in enumerate(call.args):
        if isinstance(argument, ast.Starred):
            return None
        if argument is node:
            return names[index] if index < len(names) else None
    return None


def _extents(file: SourceFile, call: ast.Call) -> list[_Extent] | None:
    """Return the extents of a call's arguments: what stands between its commas; None if that cannot be told."""
    after = file.place(call.func)
    whole = file.place(call)
    lines = file.lines[after.end_line - 1 : whole.end_line]
    if not lines:
        return None
    lines[-1] = lines[-1][: whole.end_column - 1]
    lines[0] = " " * (after.end_column - 1) + lines[0][after.end_column - 1 :]
    extents: list[_Extent] = []
    start: _Position | None = None
    value: _Position | None = None
    end: _Position = (0, 0)
    depth = lambdas = 0
    is_behind = False
    shift = after.end_line - 1
    try:
        for token in tokenize.generate_tokens(io.StringIO("\n".join(lines).lstrip(" ")).readline):
            if token.type in _SPACE:
                continue
            cut = len(lines[0]) - len(lines[0].lstrip(" ")) if token.start[0] == 1 else 0
            cut_end = len(lines[0]) - len(lines[0].lstrip(" ")) if token.end[0] == 1 else 0
            here = (token.start[0] + shift, token.start[1] + cut)
            there = (token.end[0] + shift, token.end[1] + cut_end)
            text = token.string if token.type == tokenize.OP else ""
            if text and text in ")]}":
                depth -= 1
                if depth == 0:
                    break
            if depth == 1 and token.string == "lambda":
                lambdas += 1
            elif depth == 1 and text == ":" and lambdas:
                lambdas -= 1
            elif depth == 1 and text == "," and not lambdas:
                if start is not None:
                    extents.append(_Extent(start, value or start, end, here))
                start = value = None
                continue
            if depth >= 1:
                # What stands behind ``name =``; an ``=`` further in belongs to the value.
                value = here if is_behind and value is None else value
                is_behind = depth == 1 and text == "="
                start, end = start or here, there
            if text and text in "([{":
                depth += 1
    except (tokenize.TokenError, SyntaxError):
        return None
    if start is not None:
        extents.append(_Extent(start, value or start, end, None))
    return extents


def _place(file: SourceFile, start: _Position, end: _Position) -> Place:
    return Place(file.path, start[0], start[1] + 1, end[0], end[1] + 1)


def _removal(file: SourceFile, extents: Sequence[_Extent], index: int) -> tuple[_Position, _Position]:
    extent = extents[index]
    before = file.lines[extent.start[0] - 1][: extent.start[1]]
    last = extent.comma or extent.end
    behind = (last[0], last[1] + 1) if extent.comma is not None else last
    rest = file.lines[behind[0] - 1][behind[1] :].strip()
    if not before.strip() and (not rest or rest.startswith("#")) and extent.start[0] > 1:
        # Alone on its lines: they go, with the comment behind it.
        above = extent.start[0] - 1
        return (above, len(file.lines[above - 1])), (behind[0], len(file.lines[behind[0] - 1]))
    if index + 1 < len(extents):
        return extent.start, extents[index + 1].start
    if index:
        return extents[index - 1].end, extent.end
    return extent.start, behind


def _addition(file: SourceFile, call: ast.Call, extents: Sequence[_Extent]) -> tuple[Place, str] | None:
    if not extents:
        whole = file.place(call)
        inside = (whole.end_line, whole.end_column - 2)
        return _place(file, inside, inside), ""
    last = extents[-1]
    before = file.lines[last.start[0] - 1][: last.start[1]]
    text = f",\n{before}" if not before.strip() else ", "
    return _place(file, last.end, last.end), text
