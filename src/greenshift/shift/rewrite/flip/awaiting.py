"""``async def``, ``await``, ``async with`` and ``async for`` where the colouring wants them."""

from __future__ import annotations

import ast
import re
from collections.abc import Set as AbstractSet

from greenshift.shift.colour import Colours
from greenshift.shift.kinds.annotations import own_nodes
from greenshift.shift.project import Function, Module, Source
from greenshift.shift.project.traversal import walk
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.edits import Edits


def fix_awaiting(context: Context) -> None:
    """Make functions async, and await what they call.

    Args:
        context: The flip's context, with its colours.
    """
    colours = context.colours
    assert colours is not None
    for function in context.project.functions:
        if function in colours.asynchronous and not function.is_async and not function.is_lambda:
            edits = context.edits(function.module)
            edits.insert_before(function.node, "async ")
            _delegations(context, function, edits)
    for node in colours.awaits:
        unit = context.kinds.unit(node)
        if isinstance(unit, Function):
            await_expression(context, unit.module, node)
    write_async_withs(context, colours.async_withs)
    _async_fors(context, colours)
    for stream in colours.streams:
        _stream(context, stream)
    for call, name in colours.renamed.items():
        if isinstance(call.func, ast.Attribute):
            module = context.kinds.module_by_node[call]
            end = module.source.end(call.func)
            context.edits(module).replace(end - len(call.func.attr), end, name)


def await_expression(context: Context, module: Module, node: ast.expr) -> None:
    """Put ``await`` before an expression, with parentheses where what follows would take it first.

    Args:
        context: The flip's context.
        module: Where the expression stands.
        node: The expression.
    """
    edits = context.edits(module)
    if needs_parentheses(context, node):
        edits.wrap(node, "(await ", ")")
    else:
        edits.wrap(node, "await ")
    list_generator_expressions(context, module, node)


def needs_parentheses(context: Context, node: ast.expr) -> bool:
    """Whether what stands behind an expression would take it before ``await`` does."""
    parent = context.kinds.parents.get(node)
    if isinstance(parent, ast.Attribute | ast.Await):
        return True
    if isinstance(parent, ast.Subscript):
        return parent.value is node
    if isinstance(parent, ast.Call):
        return parent.func is node
    return isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Pow) and parent.left is node


def list_generator_expressions(context: Context, module: Module, node: ast.AST) -> None:
    """Turn the generator expressions around an ``await`` into lists: ``sum`` and its like cannot await.

    Args:
        context: The flip's context.
        module: Where the node stands.
        node: What is awaited.
    """
    parents = context.kinds.parents
    current: ast.AST | None = node
    while current is not None and not isinstance(current, ast.stmt | ast.Lambda):
        parent = parents.get(current)
        if isinstance(parent, ast.comprehension):
            comprehension = parents.get(parent)
            first = isinstance(comprehension, ast.GeneratorExp) and comprehension.generators[0] is parent
            # The first iterable is evaluated before the generator runs.
            if isinstance(comprehension, ast.GeneratorExp) and not (first and parent.iter is current):
                _to_list(context, module, comprehension)
            current = comprehension
        else:
            if isinstance(parent, ast.GeneratorExp):
                _to_list(context, module, parent)
            current = parent


def _to_list(context: Context, module: Module, node: ast.GeneratorExp) -> None:
    source, edits = module.source, context.edits(module)
    start, end = source.start(node), source.end(node)
    parent = context.kinds.parents.get(node)
    calls = isinstance(parent, ast.Call) and len(parent.args) == 1 and not parent.keywords
    own = source.text[start] == "(" and source.text[end - 1] == ")"
    if calls and own and isinstance(parent, ast.Call) and source.end(parent) == end:
        # The parentheses are the call's.
        edits.replace(start, start + 1, "([")
        edits.replace(end - 1, end, "])")
    elif own:
        edits.replace(start, start + 1, "[")
        edits.replace(end - 1, end, "]")


def _delegations(context: Context, function: Function, edits: Edits) -> None:
    """``yield from`` does not exist in async generators."""
    colours = context.colours
    assert colours is not None
    source = function.module.source
    for node in own_nodes(function.node):
        if not isinstance(node, ast.YieldFrom):
            continue
        statement = context.kinds.parents.get(node)
        if not isinstance(statement, ast.Expr):
            context.leave(function.module, node, "generator", "the value of `yield from` has no async form")
            continue
        is_async = node.value in colours.async_fors
        keyword = "async for" if is_async else "for"
        colours.async_fors.discard(node.value)
        edits.replace(source.start(node), source.start(node.value), f"{keyword} item in ")
        edits.insert_after(node.value, f":\n{source.indentation(statement)}    yield item")


def write_async_withs(context: Context, items: AbstractSet[ast.withitem]) -> None:
    """Make ``with`` statements async; one of which some items are not becomes several.

    Args:
        context: The context.
        items: The items that are entered async.
    """
    for module in context.project.modules:
        for node in module.source.nodes:
            if isinstance(node, ast.With):
                chosen = [item in items for item in node.items]
                if not any(chosen):
                    continue
                edits = context.edits(module)
                if all(chosen):
                    edits.insert_before(node, "async ")
                else:
                    _split_with(context, module, node, chosen)
                for item in node.items:
                    list_generator_expressions(context, module, item.context_expr)


def _split_with(context: Context, module: Module, node: ast.With, chosen: list[bool]) -> None:
    """``with open(p) as f, Session() as s`` needs two statements: one sync, one async."""
    source, edits = module.source, context.edits(module)
    indentation = source.indentation(node)
    if chosen[0]:
        edits.insert_before(node, "async ")
    in_parentheses = _items_in_parentheses(source, node)
    depth = 0
    for index in range(1, len(node.items)):
        if chosen[index] == chosen[index - 1]:
            continue
        depth += 1
        end = _item_end(source, node.items[index - 1])
        start = source.start(node.items[index].context_expr)
        margin = indentation + "    " * depth
        keyword = "async with" if chosen[index] else "with"
        comma = end + _comma(source.text[end:start])
        if in_parentheses:
            # Comments stay where they are: only the comma changes.
            edits.replace(comma, comma + 1, f",\n{margin[4:]}):\n{margin}{keyword} (")
        else:
            behind = re.match(r"[\s\\]*", source.text[comma + 1 : start])
            edits.replace(comma, comma + 1 + (behind.end() if behind is not None else 0), f":\n{margin}{keyword} ")
    first = source.line_start(source.start(node.body[0]))
    last = source.end(node)
    strings = [
        (source.start(one), source.end(one))
        for statement in node.body
        for one in walk(statement)
        if isinstance(one, ast.Constant | ast.JoinedStr) and hasattr(one, "lineno") and one.lineno != one.end_lineno
    ]
    offset = first
    while offset < last:
        blank = not source.text[offset : source.line_end(offset)].strip()
        if not blank and not any(start < offset < end for start, end in strings):
            edits.insert(offset, "    " * depth)
        offset = source.line_end(offset)


def _item_end(source: Source, item: ast.withitem) -> int:
    return source.end(item.optional_vars or item.context_expr)


def _items_in_parentheses(source: Source, node: ast.With) -> bool:
    """Whether one pair of parentheses holds all items, which is not so in ``with (open(p)) as f, g():``."""
    first = node.items[0]
    opened = source.text[source.start(node) : source.start(first.context_expr)].count("(")
    if len(node.items) == 1 or not opened:
        return False
    between = source.text[_item_end(source, first) : source.start(node.items[1].context_expr)]
    return opened > between[: _comma(between)].count(")") + (
        source.text[source.end(first.context_expr) : source.start(first.optional_vars)].count(")")
        if first.optional_vars is not None
        else 0
    )


def _comma(text: str) -> int:
    """The offset of the first comma that is not in a comment."""
    found = re.match(r"(?:[^,#]|#[^\n]*)*", text)
    return found.end() if found is not None else 0


def _async_fors(context: Context, colours: Colours) -> None:
    for node in colours.async_fors:
        module = context.kinds.module_by_node[node]
        source, edits = module.source, context.edits(module)
        if isinstance(node, ast.For):
            edits.insert_before(node, "async ")
        elif isinstance(node, ast.comprehension):
            start = source.text.rfind("for", 0, source.start(node.target))
            edits.insert(start, "async ")
            parent = context.kinds.parents.get(node)
            if isinstance(parent, ast.GeneratorExp):
                _to_list(context, module, parent)
            elif parent is not None:
                list_generator_expressions(context, module, parent)
        elif isinstance(node, ast.Call):
            _consume(context, module, node)


def _stream(context: Context, node: ast.expr) -> None:
    """``execute`` becomes ``stream``, ``scalars`` becomes ``stream_scalars``."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        module = context.kinds.module_by_node[node]
        end = module.source.end(node.func)
        name = "stream" if node.func.attr == "execute" else "stream_scalars"
        context.edits(module).replace(end - len(node.func.attr), end, name)


def _consume(context: Context, module: Module, node: ast.Call) -> None:
    """``list(generator())`` and ``first, *rest = generator()`` are given a list comprehension."""
    edits = context.edits(module)
    parent = context.kinds.parents.get(node)
    if isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name) and parent.func.id == "next":
        edits.wrap(parent, "(await a" if needs_parentheses(context, parent) else "await a", "")
        if needs_parentheses(context, parent):
            edits.insert_after(parent, ")")
        return
    edits.wrap(node, "[item async for item in ", "]")
    if parent is not None:
        list_generator_expressions(context, module, parent)
