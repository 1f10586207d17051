"""Classes of the tests that play a session: their methods become coroutine functions like the session's own."""

from __future__ import annotations

import ast

from greenshift.shift.kinds.touches import SESSION_COROUTINES
from greenshift.shift.kinds.values import ClassValue, FunctionValue, Instance, Session, SessionFactory, Value
from greenshift.shift.project import Class
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.tests.collecting import make_async, name_span
from greenshift.shift.rewrite.tests.replaced import replacement

ENTERED = {"__enter__": "__aenter__", "__exit__": "__aexit__"}


def convert_fakes(context: Context) -> None:
    """Make the methods async that the application awaits on a session.

    Args:
        context: The flip's context.
    """
    for cls in sorted(_fakes(context), key=lambda one: one.qualified_name):
        for function in cls.all_functions:
            if function.is_async or context.kinds.generators & {function}:
                continue
            if function.name in SESSION_COROUTINES - {"begin", "begin_nested"}:
                make_async(context, function)
            elif function.name in ENTERED:
                make_async(context, function)
                start, end = name_span(function)
                context.edits(cls.module).replace(start, end, ENTERED[function.name])


def _fakes(context: Context) -> set[Class]:
    """Classes of test modules whose instances the application takes for sessions."""
    kinds = context.kinds
    found: set[Class] = set()
    for values in kinds.known.values():
        if any(isinstance(one, Session) and not one.is_async for one in values):
            found.update(one.cls for one in values if isinstance(one, Instance))
    for module in context.project.modules:
        if not module.is_test:
            continue
        for call in kinds.calls(module):
            made = replacement(kinds, module, call)
            if made is None or made.new is None:
                continue
            if any(_gives_session(context, one) for one in made.target):
                found.update(_given(context, made.new))
    return {one for one in found if one.module.is_test and not kinds.classes.is_model(one)}


def _gives_session(context: Context, value: Value) -> bool:
    """Whether calling what is replaced gives a session: a factory, or a function of the application."""
    if isinstance(value, FunctionValue):
        return any(isinstance(one, Session) and not one.is_async for one in context.kinds.result(value.function))
    return isinstance(value, SessionFactory) and not value.is_async


def _given(context: Context, new: ast.expr) -> set[Class]:
    """The classes that a stand-in for a session factory makes: the class itself, or what a lambda calls."""
    values = set(context.kinds.values(new))
    if isinstance(new, ast.Lambda):
        values |= context.kinds.values(new.body)
    return {one.cls for one in values if isinstance(one, ClassValue | Instance)}
