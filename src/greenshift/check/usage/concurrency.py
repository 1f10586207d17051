"""Coroutines that run at the same time: given to ``asyncio.gather``, or started in a task group."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from greenshift.check.source.source_file import FunctionNode, SourceFile
from greenshift.check.usage.names import Names

_GATHERING: Final = ("asyncio.gather", "asyncio.wait", "asyncio.as_completed")
_STARTING: Final = ("create_task", "start_soon")
_LOOPS: Final = (ast.For, ast.AsyncFor, ast.While)


@dataclass(frozen=True, slots=True)
class Started:
    """One coroutine that is started beside others.

    Attributes:
        node: the coroutine's expression.
        loop: the loop or comprehension that starts it again and again; None if it is started once.
    """

    node: ast.expr
    loop: ast.AST | None = None


def concurrent(names: Names, file: SourceFile) -> Iterator[tuple[ast.expr, list[Started]]]:
    """Yield the places of a file where coroutines run at the same time, each with them.

    Args:
        names: what the program's names mean.
        file: the file.
    """
    for call in file.nodes(ast.Call):
        if file.name(call.func) in _GATHERING:
            yield call, [started for argument in call.args for started in _given(names, file, argument)]
    for group in file.nodes(ast.AsyncWith):
        for item in group.items:
            if isinstance(item.optional_vars, ast.Name) and _is_group(file, item.context_expr):
                found = list(_started(file, group, item.optional_vars.id))
                if found:
                    yield item.context_expr, found


def _is_group(file: SourceFile, node: ast.expr) -> bool:
    name = file.name(node.func) if isinstance(node, ast.Call) else None
    return name in ("asyncio.TaskGroup", "anyio.create_task_group", "asyncio.taskgroups.TaskGroup")


def _started(file: SourceFile, group: ast.AsyncWith, name: str) -> Iterator[Started]:
    for statement in group.body:
        for call in ast.walk(statement):
            if (
                isinstance(call, ast.Call)
                and isinstance(call.func, ast.Attribute)
                and call.func.attr in _STARTING
                and isinstance(call.func.value, ast.Name)
                and call.func.value.id == name
                and call.args
            ):
                yield Started(call if call.func.attr == "start_soon" else call.args[0], _loop(file, call, group))


def _given(names: Names, file: SourceFile, node: ast.expr) -> Iterator[Started]:
    if isinstance(node, ast.Starred):
        node = node.value
    if isinstance(node, ast.ListComp | ast.GeneratorExp | ast.SetComp):
        yield Started(node.elt, node)
    elif isinstance(node, ast.List | ast.Tuple | ast.Set):
        for element in node.elts:
            yield from _given(names, file, element)
    elif isinstance(node, ast.Name):
        assigned = names.assigned(file, node)
        if assigned is not None and assigned[0] is file and not isinstance(assigned[1], ast.Name):
            yield from _given(names, file, assigned[1])
            if isinstance(assigned[1], ast.List):
                yield from _appended(file, node)
    else:
        yield Started(node)


def _appended(file: SourceFile, name: ast.Name) -> Iterator[Started]:
    function = file.function(name)
    for call in ast.walk(function) if function is not None else ():
        if (
            isinstance(call, ast.Call)
            and isinstance(call.func, ast.Attribute)
            and call.func.attr == "append"
            and isinstance(call.func.value, ast.Name)
            and call.func.value.id == name.id
            and len(call.args) == 1
        ):
            yield Started(call.args[0], _loop(file, call, function))


def _loop(file: SourceFile, node: ast.AST, within: ast.AST | None) -> ast.AST | None:
    """Return the outermost loop around a node, inside of a function or block."""
    found = None
    above = file.parent(node)
    while above is not None and above is not within and not isinstance(above, FunctionNode):
        if isinstance(above, (*_LOOPS, ast.ListComp, ast.GeneratorExp)):
            found = above
        above = file.parent(above)
    return found
