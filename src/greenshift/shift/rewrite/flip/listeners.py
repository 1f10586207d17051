"""Events, inspection and other uses of an engine or session that only the sync object inside can serve."""

from __future__ import annotations

import ast

from greenshift.shift.kinds.annotations import own_nodes
from greenshift.shift.kinds.metadata import is_metadata_call
from greenshift.shift.kinds.values import (
    Connection,
    ContextManager,
    Engine,
    External,
    ExternalInstance,
    Session,
    SessionFactory,
)
from greenshift.shift.project import Function, Module
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.flip.lent_connections import is_lent
from greenshift.shift.rewrite.flip.scope import (
    LIBRARIES,
    enclosing,
    is_reached,
    is_sync_function,
    library_name,
    stays_sync,
)

EVENT_FUNCTIONS = {"listen", "listens_for", "remove", "contains"}
ACCEPTING = {
    "sqladmin",
    "alembic",
    "asyncio",
    "typing",
    "builtins",
    "fastapi",
    "starlette",
    "unittest",
    "pytest",
    "functools",
}
"""Libraries that take an async engine, or that only pass it on."""


def fix_listeners(context: Context) -> None:
    """Point events and instrumentation at the sync engine or session inside.

    Args:
        context: The flip's context.
    """
    for module in context.project.modules:
        for call in context.kinds.calls(module):
            if stays_sync(context, module, call) and not _is_decorator(context, call):
                continue
            name = library_name(context, module, call.func) or ""
            if name.partition(".")[0] in LIBRARIES and name.rpartition(".")[2] in EVENT_FUNCTIONS:
                if "event" in name.split(".") and call.args:
                    _event(context, module, call.args[0])
            else:
                _passed_on(context, module, call)
    for function in context.project.functions:
        if is_reached(context, function.module) and is_sync_function(context, function):
            _outer_names(context, function)


def _outer_names(context: Context, function: Function) -> None:
    """Give a listener, or what runs inside ``run_sync``, the sync side of the connections and engines around it."""
    edits = context.edits(function.module)
    own = {parameter.name for parameter in function.parameters}
    nodes = own_nodes(function.node)
    own |= {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    for node in nodes:
        if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load) or node.id in own:
            continue
        parent = context.kinds.parents.get(node)
        if not isinstance(parent, ast.Attribute) or parent.attr.startswith("sync_"):
            continue
        # What connect() returns is also a context manager.
        values = [value for value in context.kinds.values(node) if not isinstance(value, ContextManager)]
        if values and all(isinstance(value, Connection) and not value.is_async for value in values):
            edits.insert_after(node, ".sync_connection")
        elif values and all(isinstance(value, Engine) and not value.is_async for value in values):
            edits.insert_after(node, ".sync_engine")


def _is_decorator(context: Context, call: ast.Call) -> bool:
    parent = context.kinds.parents.get(call)
    return isinstance(parent, ast.FunctionDef | ast.AsyncFunctionDef) and call in parent.decorator_list


def _event(context: Context, module: Module, target: ast.expr) -> None:
    edits = context.edits(module)
    if isinstance(target, ast.Attribute) and target.attr.startswith("sync_"):
        return
    for value in context.kinds.values(target):
        if isinstance(value, Engine) and not value.is_async:
            edits.insert_after(target, ".sync_engine")
        elif isinstance(value, Connection) and not value.is_async:
            edits.insert_after(target, ".sync_connection")
        elif isinstance(value, SessionFactory) and not value.is_async:
            edits.replace_node(target, context.imports(module).need("sqlalchemy.orm", "Session"))
            if _factories(context) > 1:
                context.leave(
                    module, target, "event", "an async factory has no events: this listens on every session now"
                )
        elif isinstance(value, Session) and not value.is_async:
            edits.insert_after(target, ".sync_session")
        else:
            continue
        return


def _factories(context: Context) -> int:
    return sum(
        (library_name(context, module, call.func) or "").endswith(".sessionmaker")
        for module in context.project.modules
        if not module.is_test
        for call in context.kinds.calls(module)
    )


def _passed_on(context: Context, module: Module, call: ast.Call) -> None:
    """Another library is given an engine or a connection."""
    unit = enclosing(context, call)
    if context.colours is not None and context.colours.is_async(unit) and is_lent(context, call):
        return
    if is_metadata_call(context.kinds, call):
        return
    for argument in [*call.args, *(keyword.value for keyword in call.keywords)]:
        if not context.kinds.is_a(argument, Engine, Connection) or isinstance(argument, ast.Call):
            continue
        name = _library(context, call.func)
        if name is None or name.partition(".")[0] in (*LIBRARIES, *ACCEPTING):
            continue
        if "nstrument" in name:
            context.edits(module).insert_after(argument, ".sync_engine")
        else:
            context.leave(module, call, "engine", f"`{name}` is given an engine or a connection that is async now")


def _library(context: Context, node: ast.expr) -> str | None:
    for value in context.kinds.values(node):
        if isinstance(value, External | ExternalInstance):
            return value.name.replace("()", "")
    return None
