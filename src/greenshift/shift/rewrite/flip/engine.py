"""Engines: ``create_engine`` becomes ``create_async_engine``, with a URL and arguments that it accepts."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from greenshift.shift.project import Module
from greenshift.shift.project.traversal import walk
from greenshift.shift.rewrite.arguments import edit_arguments, is_constant, keyword_of
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.edits import EditConflictError
from greenshift.shift.rewrite.flip.connect_args import fix_connect_args
from greenshift.shift.rewrite.flip.scope import enclosing, sqlalchemy_name, stays_sync
from greenshift.shift.rewrite.flip.url import Urls

ASYNC = "sqlalchemy.ext.asyncio"
CREATORS = {"create_engine": "create_async_engine", "engine_from_config": "async_engine_from_config"}
PSYCOPG2_ARGUMENTS = {
    "executemany_mode", "executemany_batch_page_size", "executemany_values_page_size", "use_batch_mode",
    "client_encoding", "encoding", "convert_unicode", "use_native_unicode", "native_datetime",
}  # fmt: skip
REFUSED = {
    "creator": "`creator` makes sync connections: give `async_creator` a coroutine function",
    "strategy": "an engine with a `strategy` has no async form",
    "server_side_cursors": "`server_side_cursors` is refused by async engines: use `stream()`",
}


def fix_engines(context: Context) -> None:
    """Make engines async.

    Args:
        context: The flip's context.
    """
    urls = Urls(context)
    for module in context.project.modules:
        for node in context.kinds.nodes(module):
            if not isinstance(node, ast.Name | ast.Attribute) or not isinstance(node.ctx, ast.Load):
                continue
            name = sqlalchemy_name(context, module, node)
            if name == "QueuePool" and not stays_sync(context, module, node):
                new = context.imports(module).need("sqlalchemy.pool", "AsyncAdaptedQueuePool")
                context.edits(module).replace_node(node, new)
            elif name in CREATORS and not stays_sync(context, module, node):
                _creator(context, urls, module, node, name)
    urls.finish()


def _creator(context: Context, urls: Urls, module: Module, node: ast.Name | ast.Attribute, name: str) -> None:
    edits = context.edits(module)
    call = context.kinds.parents.get(node)
    if not isinstance(call, ast.Call) or call.func is not node:
        edits.replace_node(node, context.imports(module).need(ASYNC, CREATORS[name]))
        context.leave(module, node, "engine", f"`{name}` is passed on: check the URL and the arguments that it gets")
        return
    for keyword in call.keywords:
        if keyword.arg in REFUSED:
            context.leave(module, call, "engine", REFUSED[keyword.arg])
            return
        if keyword.arg is None:
            _hidden_arguments(context, module, call)
    try:
        with edits.together():
            edits.replace_node(node, context.imports(module).need(ASYNC, CREATORS[name]))
            edit_arguments(edits, call, remove=_refused_arguments(context, module, call))
    except EditConflictError:
        context.leave(module, call, "engine", "another change stands in the way of making this engine async")
        return
    if name == "engine_from_config":
        context.leave(module, call, "url", "the URL of this configuration must name an async driver")
    else:
        url = keyword_of(call, "url")
        first = url.value if url is not None else call.args[0] if call.args else None
        if first is not None and not isinstance(first, ast.Starred):
            urls.convert(module, first)
        elif first is None:
            _hidden_url(context, urls, module, call)
    fix_connect_args(context, module, call)


def _hidden_arguments(context: Context, module: Module, call: ast.Call) -> None:
    """Arguments that are put into a dictionary beforehand: ``kwargs["creator"] = connect``."""
    function = enclosing(context, call)
    around = function.node if function is not None else module.source.tree
    for node in walk(around):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in REFUSED:
            context.leave(module, node, "engine", REFUSED[node.value])


def _hidden_url(context: Context, urls: Urls, module: Module, call: ast.Call) -> None:
    """The URL in a dictionary whose items are the arguments: ``create_engine(**options)``."""
    function = enclosing(context, call)
    around = function.node if function is not None else module.source.tree
    for keyword in call.keywords:
        if keyword.arg is not None:
            continue
        found = list(_urls_in(keyword.value, around))
        for value in found:
            urls.convert(module, value)
        if not found:
            context.leave(module, call, "url", "the URL among these arguments must name an async driver")


def _urls_in(options: ast.expr, around: ast.AST) -> Iterator[ast.expr]:
    if isinstance(options, ast.Dict):
        yield from (
            value
            for key, value in zip(options.keys, options.values, strict=True)
            if isinstance(key, ast.Constant) and key.value == "url"
        )
    elif isinstance(options, ast.Call) and isinstance(options.func, ast.Name) and options.func.id == "dict":
        yield from (keyword.value for keyword in options.keywords if keyword.arg == "url")
    elif isinstance(options, ast.Name):
        for node in walk(around):
            if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
                continue
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Name) and target.id == options.id:
                    yield from _urls_in(node.value, around)
                elif isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
                    key = target.slice
                    if target.value.id == options.id and isinstance(key, ast.Constant) and key.value == "url":
                        yield node.value


def _refused_arguments(context: Context, module: Module, call: ast.Call) -> list[ast.keyword]:
    """Arguments of psycopg2's dialect, which no async one takes."""
    found = [keyword for keyword in call.keywords if keyword.arg in PSYCOPG2_ARGUMENTS]
    for keyword in found:
        context.leave(module, keyword.value, "engine", f"`{keyword.arg}` was dropped: async drivers do not take it")
    future = keyword_of(call, "future")
    if future is not None and is_constant(future.value, True):
        found.append(future)
    return found
