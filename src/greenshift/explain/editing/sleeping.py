"""``time.sleep`` turned into ``await asyncio.sleep``."""

from __future__ import annotations

import libcst as cst

from greenshift.explain.editing.await_call import FoundCall, is_chained, unawaited_calls
from greenshift.explain.editing.imports import bound, module_of, top_level
from greenshift.explain.editing.source import Source
from greenshift.explain.explanation import Edit


def sleep_edits(file: str, line: int) -> tuple[Edit, ...]:
    """Return the edits after which a line sleeps without stopping the loop.

    Args:
        file: the file.
        line: the line that calls ``time.sleep``.

    Returns:
        The edits; none where the call stands in no async function, or is one of several on its line.
    """
    calls = [call for call in unawaited_calls(file, line) if _is_sleep(call)]
    if len(calls) != 1 or not calls[0].async_function or is_chained(calls[0]):
        return ()
    call = calls[0]
    source = call.source
    start, end = source.range(call.node.func).start, source.range(call.node.func).end
    if start.line != end.line:
        return ()
    name = bound(source).get("asyncio")
    if name is None:
        imports = _import(source)
        if imports is None:
            return ()
    elif name == "asyncio:":
        imports = ()
    else:
        return ()
    old = source.lines[start.line - 1][start.column : end.column]
    edit = Edit(source.path, start.line, start.column, old, "await asyncio.sleep", "sleep in the event loop")
    return (edit, *imports)


def _is_sleep(call: FoundCall) -> bool:
    names = bound(call.source)
    if call.receiver is not None:
        return call.name == "sleep" and names.get(call.receiver) == "time:"
    return names.get(call.name) == "time:sleep"


def _import(source: Source) -> tuple[Edit, ...] | None:
    for statement in top_level(source):
        if isinstance(statement, cst.Import) or (
            isinstance(statement, cst.ImportFrom) and module_of(statement) != "__future__"
        ):
            start = source.range(statement).start
            if start.column:
                return None
            return (source.insertion(start, "import asyncio\n", "import asyncio"),)
    return None
