"""Calls handed to a thread pool whose function became async: they are made directly, and awaited as before."""

from __future__ import annotations

import ast

from greenshift.shift.colour import Colours
from greenshift.shift.kinds.calls import MAKES_COROUTINE_FUNCTIONS
from greenshift.shift.project import Function, Module
from greenshift.shift.project.traversal import walk
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.flip.scope import library_name

DIRECT = {
    "asyncio.to_thread", "fastapi.concurrency.run_in_threadpool", "starlette.concurrency.run_in_threadpool",
    "anyio.to_thread.run_sync",
}  # fmt: skip


def fix_threads(context: Context) -> None:
    """Take functions that became async out of thread pools.

    Args:
        context: The flip's context.
    """
    colours = context.colours
    assert colours is not None
    for module in context.project.modules:
        for call in context.kinds.calls(module):
            index = _function_index(context, module, call)
            if index is None or len(call.args) <= index:
                continue
            function = call.args[index]
            if _became_async(context, colours, function):
                _call_directly(context, module, call, index)
            elif isinstance(function, ast.Lambda) and _calls_async(context, colours, function):
                context.leave(module, call, "thread", "this function runs in a thread and calls what became async")


def _function_index(context: Context, module: Module, call: ast.Call) -> int | None:
    if library_name(context, module, call.func) in DIRECT | MAKES_COROUTINE_FUNCTIONS:
        return 0
    return 1 if isinstance(call.func, ast.Attribute) and call.func.attr == "run_in_executor" else None


def _became_async(context: Context, colours: Colours, node: ast.expr) -> bool:
    if isinstance(node, ast.Call) and node.args:
        # functools.partial(f, x)
        node = node.args[0]
    targets: set[Function] = context.kinds.references.get(node, set())
    return any(one in colours.asynchronous and not one.is_async for one in targets)


def _calls_async(context: Context, colours: Colours, node: ast.Lambda) -> bool:
    changed = colours.asynchronous | colours.bridged
    return any(context.kinds.targets(one) & changed for one in walk(node.body))


def _call_directly(context: Context, module: Module, call: ast.Call, index: int) -> None:
    source, edits = module.source, context.edits(module)
    function = call.args[index]
    edits.replace(source.start(call), source.start(function), "")
    if library_name(context, module, call.func) in MAKES_COROUTINE_FUNCTIONS:
        # It is one by itself now.
        edits.replace(source.end(function), source.end(call), "")
        return
    rest: list[ast.expr | ast.keyword] = [*call.args[index + 1 :], *call.keywords]
    if rest:
        edits.replace(source.end(function), min(source.start(one) for one in rest), "(")
    else:
        edits.replace(source.end(function), source.end(call), "()")
