"""Statements that change rows past the session: what it holds of them, a commit used to expire.

``synchronize_session=False`` leaves instances as they were until the next commit; without that expiring, for good.
An upsert that returns an entity gives the instance that the session has already, with the values that it has.
https://docs.sqlalchemy.org/en/20/orm/queryguide/dml.html
"""

from __future__ import annotations

import ast

from greenshift.shift.kinds.values import ClassValue, Statement
from greenshift.shift.project import Module
from greenshift.shift.rewrite.arguments import keyword_of
from greenshift.shift.rewrite.context import Context

OPTION = "synchronize_session"
UPSERTS = {"on_conflict_do_update", "on_duplicate_key_update"}


def keep_instances_current(context: Context) -> None:
    """Have the session know what such statements change.

    Args:
        context: The stage's context.
    """
    for module in context.project.modules:
        for call in context.kinds.calls(module):
            if not isinstance(call.func, ast.Attribute):
                continue
            if call.func.attr == "execution_options":
                _synchronize(context, module, call)
            elif call.func.attr == "returning":
                _populate(context, module, call)


def _synchronize(context: Context, module: Module, call: ast.Call) -> None:
    """An UPDATE with ``synchronize_session=False`` that is built apart from where it is executed."""
    keyword = keyword_of(call, OPTION)
    if keyword is None or not isinstance(keyword.value, ast.Constant) or keyword.value.value is not False:
        return
    updates = any(isinstance(one, Statement) and one.verb == "update" for one in context.kinds.values(call))
    if updates and not _is_executed_here(context, call):
        context.edits(module).replace_node(keyword.value, '"auto"')


def _is_executed_here(context: Context, call: ast.Call) -> bool:
    """Whether the statement stands in the call that executes it."""
    parent = context.kinds.parents.get(call)
    while isinstance(parent, ast.expr):
        if isinstance(parent, ast.Call) and isinstance(parent.func, ast.Attribute) and parent.func.attr == "execute":
            return True
        parent = context.kinds.parents.get(parent)
    return False


def _populate(context: Context, module: Module, call: ast.Call) -> None:
    """``insert(User)....on_conflict_do_update(...).returning(User)``."""
    receiver: ast.AST = call.func
    names: set[str] = set()
    while isinstance(receiver, ast.Call | ast.Attribute):
        if isinstance(receiver, ast.Attribute):
            names.add(receiver.attr)
        receiver = receiver.func if isinstance(receiver, ast.Call) else receiver.value
    whole: ast.AST = call
    parent = context.kinds.parents.get(whole)
    while isinstance(parent, ast.Attribute | ast.Call) and (isinstance(parent, ast.Attribute) or parent.func is whole):
        if isinstance(parent, ast.Attribute):
            names.add(parent.attr)
        whole, parent = parent, context.kinds.parents.get(parent)
    if names & UPSERTS and "execution_options" not in names and _returns_entity(context, call):
        context.edits(module).insert_after(call, ".execution_options(populate_existing=True)")


def _returns_entity(context: Context, call: ast.Call) -> bool:
    return any(
        isinstance(value, ClassValue) and context.kinds.classes.is_model(value.cls)
        for argument in call.args
        for value in context.kinds.values(argument)
    )
