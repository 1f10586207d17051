"""``importlib.reload(test_shop)``: a test that runs another test module's body again, and with it made the tables."""

from __future__ import annotations

import ast

from greenshift.shift.kinds.names import PackageName
from greenshift.shift.project import Module
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.flip.scope import enclosing

RELOAD = "importlib.reload"


def reloads(context: Context, module: Module) -> list[ast.Call]:
    """Return the calls in functions of the tests that run a module's body again.

    Args:
        context: The flip's context.
        module: The module.
    """
    found = []
    for other in context.project.modules if module.is_test else ():
        for call in context.kinds.calls(other) if other.is_test else ():
            if context.kinds.library_name(other, call.func) == RELOAD and call.args:
                target = context.kinds.names.resolve(other, call.args[0])
                alone = isinstance(context.kinds.parents.get(call), ast.Expr)
                if isinstance(target, PackageName) and target.module is module and alone and enclosing(context, call):
                    found.append(call)
    return found


def create_again(context: Context, calls: list[ast.Call], name: str) -> None:
    """Make the tables behind each call that runs a module's body again.

    Args:
        context: The flip's context.
        calls: The calls.
        name: The coroutine function of that module which makes the tables.
    """
    assert context.colours is not None
    for call in calls:
        function = enclosing(context, call)
        module = context.kinds.module_by_node[call]
        if function is None or function not in context.colours.asynchronous:
            context.leave(module, call, "import", f"this made tables again: `{name}` of the module makes them now")
            continue
        source = module.source
        statement = context.kinds.parents[call]
        awaited = f"\n{source.indentation(statement)}await {source.segment(call.args[0])}.{name}()"
        context.edits(module).insert(source.end(call), awaited)
