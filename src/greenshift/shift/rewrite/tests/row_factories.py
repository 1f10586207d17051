"""factory_boy's factories write their rows on a sync session: the one inside of the async session."""

from __future__ import annotations

import ast

from greenshift.shift.kinds.row_factories import (
    SESSION,
    SESSION_FACTORY,
    is_row_factory,
    is_sync_session,
    meta_options,
    outside_options,
)
from greenshift.shift.kinds.values import Instance, Session, SessionFactory
from greenshift.shift.project import Module
from greenshift.shift.rewrite.context import Context

REASON = "factory_boy knows no async session: its factories run inside run_sync, on the sync session inside"


def convert_row_factories(context: Context) -> None:
    """Give factories the sync session inside of what is an async session by now.

    Args:
        context: The flip's context.
    """
    kinds = context.kinds
    for cls in context.project.classes:
        if is_row_factory(kinds.classes, cls):
            for target, value in meta_options(cls, SESSION, SESSION_FACTORY):
                _convert(context, cls.module, target, value)
    for target, value in outside_options(kinds):
        _convert(context, kinds.module_by_node[target], target, value)


def _convert(context: Context, module: Module, target: ast.expr, value: ast.expr) -> None:
    if not is_sync_session(context.kinds, value):
        return
    edits, source = context.edits(module), module.source
    option = source.segment(target).rpartition(".")[2]
    context.leave(module, target, "factory", REASON)
    if isinstance(value, ast.Lambda):
        edits.insert_after(value.body, _inside(context, value.body))
        return
    if option == SESSION_FACTORY:
        # Whoever is called gives a session: a sessionmaker, or a scoped session.
        edits.wrap(value, "lambda: ", "().sync_session")
        return
    if _is_scoped(context, value):
        # The session of the test that is running, asked for at every row.
        start = source.end(target) - len(option)
        edits.replace(start, source.end(target), SESSION_FACTORY)
        edits.wrap(value, "lambda: ", "().sync_session")
        return
    if any(isinstance(one, Instance) for one in context.kinds.values(value)):
        # A proxy: which session it stands for is asked at every use, as before.
        scoped = context.imports(module).need("sqlalchemy.orm", "scoped_session")
        inside = f"lambda: {source.segment(value)}.sync_session"
        edits.replace_node(value, f"{scoped}({inside}, {inside})")
        return
    edits.insert_after(value, _inside(context, value))


def _inside(context: Context, value: ast.expr) -> str:
    return "().sync_session" if _is_scoped(context, value) else ".sync_session"


def _is_scoped(context: Context, value: ast.expr) -> bool:
    values = context.kinds.values(value)
    return any(isinstance(one, SessionFactory) for one in values) and not any(
        isinstance(one, Session) for one in values
    )
