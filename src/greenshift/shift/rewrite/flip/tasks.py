"""Tasks on the session of whoever starts them: an async session serves one task at a time.

A coroutine that awaited nothing ran in one go, whatever was going on around it. Now it awaits its session, and the
function that started it would meanwhile go on using the same one.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from greenshift.shift.kinds import Kinds
from greenshift.shift.kinds.annotations import own_nodes
from greenshift.shift.kinds.values import Session
from greenshift.shift.project import Function, Module
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.definitions import free_name, insert_definition, top_statement
from greenshift.shift.rewrite.flip.scope import is_local, library_name

STARTING = {"asyncio.create_task", "asyncio.ensure_future"}
NAMES = ("finished_task", "task_run_to_its_end")
DEEPEST = 5


def fix_tasks(context: Context) -> None:
    """Have tasks that share a session run to their end before the function that starts them goes on.

    Args:
        context: The flip's context.
    """
    colours = context.colours
    assert colours is not None
    for module in context.project.modules:
        written = ""
        for call in context.kinds.calls(module):
            work = call.args[0] if len(call.args) == 1 and not call.keywords else None
            if not isinstance(work, ast.Call) or library_name(context, module, call.func) not in STARTING:
                continue
            started = {one for one in context.kinds.targets(work) if one.is_async}
            unit = context.kinds.unit(call)
            if not any(_sends_now(context, one) for one in started) or not colours.is_async(unit):
                continue
            if not _shares_session(context, work, started):
                continue
            if not all(ran_in_one_go(one) for one in started):
                context.leave(
                    module, call, "task", "this task uses the session of whoever starts it: give it one of its own"
                )
                continue
            before = top_statement(context, call)
            if not written and before is not None:
                written = free_name(module, *NAMES)
                insert_definition(context, module, before, _definition(context, module, written))
            if written:
                context.edits(module).replace_node(call.func, f"await {written}")
                context.count("tasks run to their end")


def ran_in_one_go(function: Function) -> bool:
    """Whether a coroutine function awaited nothing before the flip.

    Args:
        function: The function.
    """
    return not any(isinstance(node, ast.Await | ast.AsyncFor | ast.AsyncWith) for node in own_nodes(function.node))


def _sends_now(context: Context, function: Function) -> bool:
    """Whether a coroutine function awaits the database after the flip."""
    colours = context.colours
    assert colours is not None
    return any(node in colours.awaits for node in own_nodes(function.node))


def _shares_session(context: Context, work: ast.Call, started: set[Function]) -> bool:
    """Whether a session is handed in, kept by the object whose method is called, or the application's current one."""
    kinds = context.kinds
    given = [*work.args, *(keyword.value for keyword in work.keywords)]
    if any(kinds.is_a(one, Session) for one in given):
        return True
    if any(_is_kept(kinds, function) for function in started):
        return True
    return any(_is_current(context, node) for function in _reached(kinds, started) for node in own_nodes(function.node))


def _is_kept(kinds: Kinds, function: Function) -> bool:
    return function.owner is not None and any(
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and function.parameters[:1]
        and node.value.id == function.parameters[0].name
        and kinds.is_a(node, Session)
        for node in own_nodes(function.node)
    )


def _is_current(context: Context, node: ast.AST) -> bool:
    """Whether an expression is the session that something global holds: ``db.session``."""
    if not isinstance(node, ast.Attribute) or not context.kinds.is_a(node, Session):
        return False
    return isinstance(node.value, ast.Name) and not is_local(context, node.value)


def _reached(kinds: Kinds, functions: set[Function]) -> Iterator[Function]:
    """The functions, and what they call."""
    level, seen = set(functions), set[Function]()
    for _ in range(DEEPEST):
        yield from level
        seen |= level
        called = {one for function in level for node in own_nodes(function.node) for one in kinds.targets(node)}
        level = called - seen


def _definition(context: Context, module: Module, name: str) -> str:
    imports = context.imports(module)
    asyncio = imports.need("asyncio", "")
    coroutine, anything = imports.need("collections.abc", "Coroutine"), imports.need("typing", "Any")
    return "\n".join(
        [
            f"async def {name}(work: {coroutine}[{anything}, {anything}, {anything}]) -> {asyncio}.Task[{anything}]:",
            '    """Run a task on the session of whoever starts it, who must not use it meanwhile."""',
            f"    task = {asyncio}.create_task(work)",
            f"    await {asyncio}.wait([task])",
            "    return task",
        ]
    )
