"""Where the source closes a session."""

from __future__ import annotations

import libcst as cst

from greenshift.explain.editing.source import Source, dotted


def closed_above(source: Source, line: int) -> int | None:
    """Return the nearest line above, in the same function, that closes a variable which the line uses.

    Args:
        source: the file.
        line: the line that used the session, from 1.
    """
    function = source.function_at(line)
    if function is None:
        return None
    used = {
        name
        for node in source.nodes(cst.Name, cst.Attribute, within=function.body)
        if source.covers(node, line) and (name := dotted(node)) is not None
    }
    found: int | None = None
    for node in source.nodes(cst.Call, cst.With, within=function.body):
        where = source.range(node)
        if where.end.line >= line:
            continue
        if isinstance(node, cst.With):
            names = {dotted(item.asname.name) for item in node.items if item.asname is not None}
            names |= {dotted(item.item) for item in node.items}
            at = where.start.line
        elif isinstance(node.func, cst.Attribute) and node.func.attr.value in {"close", "aclose"}:
            names, at = {dotted(node.func.value)}, where.start.line
        else:
            continue
        if names & used and (found is None or at > found):
            found = at
    return found
