"""``pytest.raises(Error, function, ...)`` with a function that will be async: nothing would run, nothing would raise.

Done while the code is still sync (stage ``prepare``): the ``with`` form says the same, and can be awaited in later.
"""

from __future__ import annotations

import ast

from greenshift.shift.kinds.touches import SESSION_COROUTINES
from greenshift.shift.kinds.values import Session
from greenshift.shift.project import Function, Module
from greenshift.shift.rewrite.context import Context

CALLERS = {"raises": 1, "warns": 1, "assertRaises": 1, "assertWarns": 1, "assertRaisesRegex": 2, "deprecated_call": 0}
"""By name: how many arguments come before the function."""


def open_assertions(context: Context) -> None:
    """Write ``with pytest.raises(Error): function(...)`` where a function that reaches the database is passed on.

    Args:
        context: The context of ``prepare``.
    """
    candidates = [
        (module, statement, statement.value)
        for module in context.project.modules
        if module.is_test
        for statement in module.source.nodes
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call) and _passes(statement.value)
    ]
    if not candidates:
        return
    reaching = _reaching(context)
    for module, statement, call in candidates:
        _open(context, module, statement, call, reaching)


def _passes(call: ast.Call) -> bool:
    name = _name(call)
    return name in CALLERS and len(call.args) > CALLERS[name]


def _name(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _reaching(context: Context) -> set[Function]:
    """The functions that reach the database: what the flip would colour, of a project as it is now."""
    from greenshift.shift.colour import colour

    reads = context.colours.reads if context.colours is not None else None
    colours = colour(Context(context.project, context.kinds, context.options), reads)
    return colours.asynchronous | colours.bridged


def _open(context: Context, module: Module, statement: ast.Expr, call: ast.Call, reaching: set[Function]) -> None:
    index = CALLERS[_name(call)]
    function = call.args[index]
    source = module.source
    if isinstance(function, ast.Lambda):
        own = module.by_node.get(function)
        if own not in reaching:
            return
        called = source.segment(function.body)
    elif _reaches(context, function, reaching):
        rest = [source.segment(one) for one in [*call.args[index + 1 :], *call.keywords]]
        called = f"{source.segment(function)}({', '.join(rest)})"
    else:
        return
    checked = ", ".join(source.segment(one) for one in call.args[:index])
    context.edits(module).replace_node(
        statement, f"with {source.segment(call.func)}({checked}):\n{source.indentation(statement)}    {called}"
    )


def _reaches(context: Context, node: ast.expr, reaching: set[Function]) -> bool:
    if context.kinds.references.get(node, set()) & reaching:
        return True
    return (
        isinstance(node, ast.Attribute)
        and node.attr in SESSION_COROUTINES
        and any(isinstance(value, Session) for value in context.kinds.values(node.value))
    )
