"""``expire_on_commit=False``: after a commit an async session cannot load on being read."""

from __future__ import annotations

import ast

from greenshift.shift.kinds.names import is_sqlalchemy
from greenshift.shift.kinds.values import ClassValue, SessionFactory
from greenshift.shift.project import Module
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.prepare.arguments import add_argument

KEYWORD = "expire_on_commit"


def keep_after_commit(context: Context) -> None:
    """Give every sync session and session factory ``expire_on_commit=False``.

    Args:
        context: The stage's context.
    """
    for module in context.project.modules:
        for call in context.kinds.calls(module):
            if makes_sessions(context, module, call):
                _set_keyword(context, module, call, add=True)
            elif (
                isinstance(call.func, ast.Attribute)
                and call.func.attr == "configure"
                and context.kinds.is_a(call.func.value, SessionFactory)
            ):
                _set_keyword(context, module, call, add=False)


def makes_sessions(context: Context, module: Module, call: ast.Call) -> bool:
    """Whether a call makes a sync session, or a factory of such sessions.

    Args:
        context: The stage's context.
        module: Where the call stands.
        call: The call.
    """
    kinds = context.kinds
    name = kinds.library_name(module, call.func)
    if name is not None:
        if is_sqlalchemy(name, "sessionmaker"):
            return not any(
                keyword.arg == "class_" and (kinds.library_name(module, keyword.value) or "").endswith("AsyncSession")
                for keyword in call.keywords
            )
        return is_sqlalchemy(name, "Session")
    for value in kinds.values(call.func):
        if isinstance(value, ClassValue):
            bases = kinds.classes.externals(value.cls)
            if any(is_sqlalchemy(base, "Session") for base in bases):
                return kinds.classes.method(value.cls, "__init__") is None
    return False


def _set_keyword(context: Context, module: Module, call: ast.Call, *, add: bool) -> None:
    for keyword in call.keywords:
        if keyword.arg == KEYWORD:
            if isinstance(keyword.value, ast.Constant):
                if keyword.value.value is not False:
                    context.edits(module).replace_node(keyword.value, "False")
            else:
                context.leave(module, call, "session", f"{KEYWORD} is computed here: it must be False under asyncio")
            return
    if not add:
        return
    if any(keyword.arg is None and _may_hold(keyword.value) for keyword in call.keywords):
        context.leave(module, call, "session", f"{KEYWORD} may be among these keywords: it must be False under asyncio")
        return
    add_argument(context.edits(module), call, f"{KEYWORD}=False")
    context.count("expire_on_commit")


def _may_hold(node: ast.expr) -> bool:
    """Whether ``**node`` may hold the keyword: a literal dictionary says so."""
    if isinstance(node, ast.Dict):
        return any(key is None or (isinstance(key, ast.Constant) and key.value == KEYWORD) for key in node.keys)
    return True
