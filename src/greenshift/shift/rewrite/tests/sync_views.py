"""Sessions of tests that stay sync for a desktop program's sake, and are handed to code that became async.

``AsyncSession(sync_session_class=...)`` is an async session over the very session that the test holds: same rows, same
transaction, same database in memory. What it sends blocks the loop, which a test may.
"""

from __future__ import annotations

import ast

from greenshift.shift.colour.reach import in_reach
from greenshift.shift.kinds.annotations import own_nodes
from greenshift.shift.kinds.values import ClassValue, Engine, Session, SessionFactory, Values, is_mock
from greenshift.shift.project import Function, Module
from greenshift.shift.project.desktop import desktop_modules
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.tests.replaced import replacement

KIND = "shared session"


def share_sync_sessions(context: Context) -> None:
    """Hand the async view of a test's sync session to what became async.

    Args:
        context: The flip's context.
    """
    if not desktop_modules(context.project):
        return
    for module in context.project.modules:
        if not module.is_test:
            continue
        for call in context.kinds.calls(module):
            replaced = replacement(context.kinds, module, call)
            if replaced is not None and replaced.new is not None:
                _replaced(context, module, replaced.new, replaced.target)
            else:
                _arguments(context, module, call)
        for statement in module.source.nodes_of(ast.Assign):
            target = statement.targets[0]
            overridden = isinstance(target, ast.Subscript) and isinstance(target.value, ast.Attribute)
            if overridden and target.value.attr == "dependency_overrides":  # type: ignore[attr-defined]
                _override(context, module, statement.value)


def _arguments(context: Context, module: Module, call: ast.Call) -> None:
    if not _became_async(context, call):
        return
    for argument in [*call.args, *(keyword.value for keyword in call.keywords)]:
        if _is_session(context.kinds.values(argument)):
            _view(context, module, argument, "")


def _became_async(context: Context, call: ast.Call) -> bool:
    """Whether a call reaches a class, or a function that takes async sessions, of the application."""
    colours = context.colours
    assert colours is not None
    classes = [value.cls.module for value in context.kinds.values(call.func) if isinstance(value, ClassValue)]
    functions = [one for one in context.kinds.targets(call) if one.name != "__init__"]
    if any(one in colours.bridged for one in functions):
        return False
    modules = classes or [one.module for one in functions]
    return any(in_reach(context.project, one) and not one.is_test for one in modules)


def _replaced(context: Context, module: Module, new: ast.expr, target: Values) -> None:
    """``monkeypatch.setattr(database, "SessionLocal", TestSession)``."""
    flipped = [value for value in target if isinstance(value, SessionFactory | Engine) and not value.is_async]
    if not flipped:
        return
    given = context.kinds.values(new)
    if any(isinstance(value, SessionFactory) for value in given):
        _view(context, module, new, "()", "lambda: ")
    elif any(isinstance(value, Engine) for value in given):
        context.leave(module, new, KIND, "this engine stays sync: what the application asks an async engine for fails")


def _override(context: Context, module: Module, value: ast.expr) -> None:
    """``app.dependency_overrides[get_db] = lambda: session``, or a function that yields it."""
    for function in context.kinds.references.get(value, ()):
        given = [function.node.body] if isinstance(function.node, ast.Lambda) else _given(function)
        for node in given:
            if _is_session(context.kinds.values(node)):
                _view(context, function.module, node, "")


def _given(function: Function) -> list[ast.expr]:
    """What a function returns or yields."""
    nodes = [one for one in own_nodes(function.node) if isinstance(one, ast.Return | ast.Yield)]
    return [one.value for one in nodes if one.value is not None]


def _is_session(values: Values) -> bool:
    return any(isinstance(value, Session) for value in values) and not any(is_mock(value) for value in values)


def _view(context: Context, module: Module, node: ast.expr, call: str, before: str = "") -> None:
    if isinstance(node, ast.Call) and any(keyword.arg == "sync_session_class" for keyword in node.keywords):
        # An earlier run has written it.
        return
    name = context.imports(module).need("sqlalchemy.ext.asyncio", "AsyncSession")
    context.edits(module).wrap(node, f"{before}{name}(sync_session_class=lambda **_: ", f"{call})")
