"""``connect_args`` for the engine that a program makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import libcst as cst

from greenshift.explain.editing.imports import NameTakenError, import_edits
from greenshift.explain.editing.source import Source, last_name, read_source
from greenshift.explain.explanation import Edit

_ENGINES: Final = ("create_async_engine", "create_engine")


def connect_args(
    files: Sequence[str], arguments: Mapping[str, str], imports: Mapping[str, str] | None = None
) -> tuple[Edit, ...]:
    """Return the edits that give an engine more ``connect_args``.

    Args:
        files: where the engine may be made.
        arguments: the arguments' names and their values as code.
        imports: modules, and the name that the values need of each.

    Returns:
        The edits; none where the files make no engine or several, or where one of the arguments is set already.
    """
    found = [(source, call) for source in map(read_source, files) if source is not None for call in _engines(source)]
    if len(found) != 1:
        return ()
    source, call = found[0]
    edit = _edit(source, call, arguments)
    if edit is None:
        return ()
    try:
        needed = [one for module, name in (imports or {}).items() for one in import_edits(source, module, [name])]
    except NameTakenError:
        return ()
    return (edit, *needed)


def _engines(source: Source) -> list[cst.Call]:
    return [call for call in source.nodes(cst.Call) if last_name(call.func) in _ENGINES]


def _edit(source: Source, call: cst.Call, arguments: Mapping[str, str]) -> Edit | None:
    title = f"connect_args: {', '.join(arguments)}"
    text = ", ".join(f'"{name}": {value}' for name, value in arguments.items())
    if not call.args or any(argument.star == "**" for argument in call.args):
        return None
    given = next((one.value for one in call.args if one.keyword and one.keyword.value == "connect_args"), None)
    if given is None:
        last = call.args[-1]
        start = source.range(last).start
        before = source.lines[start.line - 1][: start.column]
        separator = ", " if before.strip() else f",\n{before}"
        end = source.range(last.value).end
        return source.insertion(end, f"{separator}connect_args={{{text}}}", title)
    if not isinstance(given, cst.Dict):
        return None
    for element in given.elements:
        if not isinstance(element, cst.DictElement) or not isinstance(element.key, cst.SimpleString):
            return None
        if element.key.evaluated_value in arguments:
            return None
    if not given.elements:
        start = source.range(given).start
        return Edit(source.path, start.line, start.column, "{}", f"{{{text}}}", title)
    return source.insertion(source.range(given.elements[-1].value).end, f", {text}", title)
