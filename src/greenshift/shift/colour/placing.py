"""Where ``await``, ``async with`` and ``async for`` go."""

from __future__ import annotations

import ast

from greenshift.shift.colour.call_graph import CallGraph, Edge
from greenshift.shift.colour.colours import Colours
from greenshift.shift.colour.generators import is_streamed
from greenshift.shift.colour.imported import moved_statement
from greenshift.shift.kinds.touches import Touch
from greenshift.shift.kinds.values import ContextManager, Coroutine
from greenshift.shift.project import Function, Module
from greenshift.shift.project.main_guard import under_main_guard
from greenshift.shift.rewrite.context import Context


def place_awaits(context: Context, graph: CallGraph, colours: Colours) -> None:
    """Find what is awaited in functions that are async, or that run in a loop of their own.

    Args:
        context: The flip's context.
        graph: The call graph.
        colours: Receives the places.
    """
    items = _with_items(context)
    for unit, touches in graph.touches.items():
        if not _awaits(context, colours, unit):
            continue
        for touch in touches:
            if isinstance(unit, Module) and not _is_moved(context, touch.node):
                continue
            if touch.form == "async with":
                item = items.get(touch.node)
                if item is not None:
                    colours.async_withs.add(item)
            elif touch.form == "await" and not _is_awaited(context, touch.node):
                colours.awaits.add(touch.node)
                loop = context.kinds.parents.get(touch.node)
                if isinstance(loop, ast.For | ast.comprehension | ast.YieldFrom) and _loads_piece_by_piece(touch):
                    colours.streams.add(touch.node)
                    colours.async_fors.add(touch.node if isinstance(loop, ast.YieldFrom) else loop)
    for edge in graph.edges:
        if not edge.is_callback and _awaits(context, colours, edge.caller):
            _place_edge(context, graph, colours, items, edge)


def _loads_piece_by_piece(touch: Touch) -> bool:
    """Whether a statement asks for its rows piece by piece, which ``AsyncSession.execute`` refuses."""
    return (
        touch.what == "session"
        and touch.method in ("execute", "scalars")
        and isinstance(touch.node, ast.Call)
        and any(
            isinstance(node, ast.keyword) and node.arg in ("yield_per", "stream_results")
            for argument in touch.node.args
            for node in ast.walk(argument)
        )
    )


def _awaits(context: Context, colours: Colours, unit: object) -> bool:
    """Whether a unit's body can await: also the ``__main__`` part of a module, which gets a loop of its own."""
    if isinstance(unit, Function) and unit.is_lambda:
        # It hands on what is to be awaited.
        return False
    return colours.is_async(unit) or isinstance(unit, Module)


def _place_edge(
    context: Context, graph: CallGraph, colours: Colours, items: dict[ast.expr, ast.withitem], edge: Edge
) -> None:
    kinds = context.kinds
    if isinstance(edge.caller, Module) and not _is_moved(context, edge.node):
        return
    newly = {one for one in edge.targets & colours.asynchronous if not one.is_async}
    if not newly or not isinstance(edge.node, ast.expr):
        return
    item = items.get(edge.node)
    if edge.by_library and isinstance(edge.node, ast.Call):
        _place_library(context, graph, colours, item, edge.node)
        return
    # Entering calls the context manager's function or the class's __enter__, both async now.
    if item is not None and _enters(context, edge, newly):
        colours.async_withs.add(item)
        return
    if not isinstance(edge.node, ast.Call | ast.Subscript):
        return
    called = {one for one in newly if one.name not in ("__enter__", "__exit__", "__iter__", "__next__")}
    if not called or any(one.name == "__init__" for one in edge.targets):
        return
    if any(isinstance(value, Coroutine) for value in kinds.values(edge.node)):
        return
    if any("contextmanager" in kinds.fixtures.traits(one) for one in called):
        return
    if any(one in kinds.generators for one in called):
        parent = kinds.parents.get(edge.node)
        around = kinds.parents.get(parent) if isinstance(parent, ast.keyword) else parent
        if isinstance(around, ast.Call) and is_streamed(kinds, around, edge.node):
            return
        colours.async_fors.add(parent if isinstance(parent, ast.For | ast.comprehension) else edge.node)
        return
    if not _is_awaited(context, edge.node):
        colours.awaits.add(edge.node)


def _place_library(
    context: Context, graph: CallGraph, colours: Colours, item: ast.withitem | None, call: ast.Call
) -> None:
    """A library's call of what is registered with it has an async form, under another name or behind ``async with``."""
    name = graph.async_name(call)
    if name is None:
        if item is not None:
            colours.async_withs.add(item)
        return
    if not _is_awaited(context, call):
        colours.renamed[call] = name
        colours.awaits.add(call)


def _enters(context: Context, edge: Edge, newly: set[Function]) -> bool:
    kinds = context.kinds
    if any(one.name in ("__enter__", "__exit__") for one in newly):
        return True
    if any("contextmanager" in kinds.fixtures.traits(one) for one in newly):
        return True
    return any(isinstance(value, ContextManager) and value.function in newly for value in kinds.values(edge.node))


def _is_awaited(context: Context, node: ast.expr) -> bool:
    return isinstance(context.kinds.parents.get(node), ast.Await)


def _with_items(context: Context) -> dict[ast.expr, ast.withitem]:
    found: dict[ast.expr, ast.withitem] = {}
    for module in context.project.modules:
        for node in module.source.nodes:
            if isinstance(node, ast.With):
                for item in node.items:
                    found[item.context_expr] = item
    return found


def _is_moved(context: Context, node: ast.AST) -> bool:
    """Whether a module's own code goes into a coroutine function: a script's main part, or what an import does."""
    return under_main_guard(node, context.kinds.parents) or moved_statement(context.kinds, node) is not None
