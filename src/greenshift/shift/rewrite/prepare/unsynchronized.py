"""Loads what a bulk UPDATE changed behind the session's back: a commit used to expire it.

``bulk_update_mappings`` and ``synchronize_session=False`` tell the instances that the session holds nothing.
"""

from __future__ import annotations

import ast

from greenshift.shift.kinds.annotations import own_nodes
from greenshift.shift.kinds.names import is_sqlalchemy
from greenshift.shift.kinds.values import ClassValue, Instance, Session
from greenshift.shift.loading.statements import statements_of
from greenshift.shift.project import Class, Function
from greenshift.shift.project.traversal import walk
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.prepare.inserting import insert_behind

NAMES = ("held", "held_row", "row_that_is_held", "row_of_the_session")


def load_unsynchronized(context: Context) -> None:
    """Have the columns of held instances loaded behind a bulk UPDATE that does not tell them.

    Args:
        context: The stage's context; the session factories have been looked at already.
    """
    if not context.counts.get("expire_on_commit"):
        return
    for function in context.project.functions:
        if function.is_lambda:
            continue
        simple = {id(one) for one, _ in statements_of(function) if isinstance(one, ast.Expr | ast.Assign)}
        for call in own_nodes(function.node):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
                continue
            if not context.kinds.is_a(call.func.value, Session):
                continue
            if function.module.is_test and isinstance(call.func.value, ast.Name):
                # A session of the tests' own; what the application keeps, and the tests use, is an attribute.
                continue
            model = _model(context, function, call)
            statement = context.kinds.statement(call)
            if model is None or statement is None or id(statement) not in simple:
                continue
            session = function.module.source.segment(call.func.value)
            if _is_new(context, function, call.func.value, model[0]):
                continue
            margin = function.module.source.indentation(statement)
            taken = {one.id for one in own_nodes(function.node) if isinstance(one, ast.Name)}
            held = next(name for name in NAMES if name not in taken)
            text = (
                f"for {held} in {session}.identity_map.values():\n"
                f"{margin}    if isinstance({held}, {model[1]}):\n"
                f"{margin}        {session}.refresh({held}, {held}.__mapper__.column_attrs.keys())"
            )
            if insert_behind(context.edits(function.module), statement, text):
                context.count("loaded after bulk updates")


def _model(context: Context, function: Function, call: ast.Call) -> tuple[Class, str] | None:
    """The class whose rows a call changes without telling the session, and how it is written there."""
    assert isinstance(call.func, ast.Attribute)
    named: ast.expr | None = None
    if call.func.attr == "bulk_update_mappings" and call.args:
        named = call.args[0]
    elif call.func.attr == "execute" and call.args and _says_nothing(call.args[0]):
        module = function.module
        named = next(
            (
                one.args[0]
                for one in walk(call.args[0])
                if isinstance(one, ast.Call)
                and one.args
                and is_sqlalchemy(context.kinds.library_name(module, one.func) or "", "update")
            ),
            None,
        )
    if named is None:
        return None
    for value in context.kinds.values(named):
        if isinstance(value, ClassValue) and context.kinds.classes.is_model(value.cls) and not value.is_alias:
            return value.cls, function.module.source.segment(named)
    return None


def _says_nothing(statement: ast.expr) -> bool:
    return any(
        isinstance(node, ast.keyword)
        and node.arg == "synchronize_session"
        and isinstance(node.value, ast.Constant)
        and node.value.value is False
        for node in walk(statement)
    )


def _is_new(context: Context, function: Function, session: ast.expr, model: Class) -> bool:
    """Whether the function made the session itself, and has no instance of the class."""
    if not isinstance(session, ast.Name) or any(one.name == session.id for one in function.parameters):
        return False
    nodes = own_nodes(function.node)
    if not any(isinstance(one, ast.Name) and one.id == session.id and isinstance(one.ctx, ast.Store) for one in nodes):
        return False
    return not any(
        isinstance(value, Instance) and value.cls is model
        for node in nodes
        if isinstance(node, ast.Name)
        for value in context.kinds.values(node)
    )
