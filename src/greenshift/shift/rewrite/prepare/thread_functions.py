"""Functions that a decorator hands to a thread, so that async code can await them: they become ``async def``.

``sync_to_async`` makes a coroutine function of a sync one that queries. Once its queries are awaited there is nothing
left to hand to a thread: https://docs.djangoproject.com/en/5.2/topics/async/#sync-to-async
"""

from __future__ import annotations

import ast

from greenshift.shift.kinds.calls import MAKES_COROUTINE_FUNCTIONS
from greenshift.shift.project import Function
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.flip.blocking import blocking_calls

CACHES = {"functools.lru_cache", "functools.cache", "cachetools.cached", "cachetools.func.ttl_cache"}
KIND = "thread"


def make_coroutine_functions(context: Context) -> None:
    """Take the decorator away, and write ``async def``.

    Args:
        context: The stage's context.
    """
    decorated = [(one, node) for one in context.project.functions if (node := _decorator(context, one)) is not None]
    if not decorated:
        return
    from greenshift.shift.colour import colour

    # What the colouring lists is for the flip to say.
    turned = colour(Context(context.project, context.kinds, context.options)).asynchronous
    for function, decorator in decorated:
        if function not in turned or function.is_async:
            continue
        other = _in_the_way(context, function, decorator)
        if other is not None:
            said = f"this function queries in a thread: `{other}` around it would be given a coroutine"
            context.leave(function.module, decorator, KIND, said)
            continue
        _convert(context, function, decorator)
        for call, name in blocking_calls(context, {function}):
            said = f"`{name}` ran in a thread and blocks the event loop now: asyncio.to_thread would keep it out of it"
            context.leave(function.module, call, "blocking", said)


def _decorator(context: Context, function: Function) -> ast.expr | None:
    """The outermost decorator, if it is one that hands the function to a thread."""
    if not function.decorators:
        return None
    outermost = function.decorators[0]
    node = outermost.func if isinstance(outermost, ast.Call) else outermost
    return outermost if context.kinds.library_name(function.module, node) in MAKES_COROUTINE_FUNCTIONS else None


def _in_the_way(context: Context, function: Function, decorator: ast.expr) -> str | None:
    """Another decorator that calls the function, or keeps what it returns."""
    for one in function.decorators:
        node = one.func if isinstance(one, ast.Call) else one
        library = context.kinds.library_name(function.module, node)
        if one is not decorator and (library in CACHES or context.kinds.references.get(node)):
            return f"@{function.module.source.segment(one)}"
    return None


def _convert(context: Context, function: Function, decorator: ast.expr) -> None:
    source, edits = function.module.source, context.edits(function.module)
    edits.replace(source.line_start(source.start(decorator)), source.line_end(source.end(decorator)), "")
    edits.insert_before(function.node, "async ")
