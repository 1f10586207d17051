"""The scheme of a URL that stands in a call."""

from __future__ import annotations

import libcst as cst
from libcst.metadata import CodePosition

from greenshift.explain.editing.source import last_name, read_source
from greenshift.explain.explanation import Edit


def change_scheme(file: str, line: int, function: str, old: str, new: str) -> tuple[Edit, ...]:
    """Return the edit that gives the URL in a call another scheme.

    Args:
        file: the file.
        line: a line of the call.
        function: the name of the function that is called with the URL as its first argument.
        old: the scheme as it is, without ``://``.
        new: the scheme to be.

    Returns:
        The edit; none where the call is not on that line, or its URL is not written in it.
    """
    source = read_source(file)
    if source is None:
        return ()
    found = []
    for call in source.nodes(cst.Call):
        if last_name(call.func) != function or not source.covers(call, line) or not call.args:
            continue
        url = call.args[0].value
        if call.args[0].keyword is not None and call.args[0].keyword.value != "url":
            continue
        prefix = _prefix(url)
        if prefix is not None and _text(url).startswith(f"{old}://"):
            found.append((source.range(url).start, prefix))
    if len(found) != 1:
        return ()
    start, prefix = found[0]
    where = CodePosition(start.line, start.column + prefix)
    return (Edit(file, where.line, where.column, f"{old}://", f"{new}://", f"begin the URL with {new}://"),)


def _prefix(node: cst.BaseExpression) -> int | None:
    """Return how many characters stand before the text of a string: its quotes, and letters such as ``f``."""
    if isinstance(node, cst.SimpleString):
        return len(node.prefix) + len(node.quote)
    if isinstance(node, cst.FormattedString):
        return len(node.start)
    return None


def _text(node: cst.BaseExpression) -> str:
    if isinstance(node, cst.SimpleString):
        return str(node.raw_value)
    if isinstance(node, cst.FormattedString) and node.parts and isinstance(node.parts[0], cst.FormattedStringText):
        return node.parts[0].value
    return ""
