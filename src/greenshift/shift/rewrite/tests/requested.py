"""``request.getfixturevalue`` and ``request.addfinalizer`` with what became async."""

from __future__ import annotations

import ast

from greenshift.shift.kinds.annotations import own_nodes
from greenshift.shift.kinds.touches import SESSION_COROUTINES
from greenshift.shift.kinds.values import Connection, Engine, Session
from greenshift.shift.project import Function
from greenshift.shift.project.traversal import walk
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.tests.collecting import make_async

KIND = "fixture"


def convert_requests(context: Context) -> None:
    """Ask for fixtures by parameters, and finalize after a ``yield``, where the function became async.

    Args:
        context: The flip's context.
    """
    colours = context.colours
    assert colours is not None
    for function in context.project.functions:
        if not function.module.is_test or "request" not in {one.name for one in function.parameters}:
            continue
        if function in colours.asynchronous:
            _asked(context, function)
        if "fixture" in context.kinds.fixtures.traits(function):
            _finalized(context, function)


def _asked(context: Context, function: Function) -> None:
    """A fixture that is async cannot be set up while the loop runs: only before the function begins."""
    module, colours = function.module, context.colours
    assert colours is not None
    source, edits = module.source, context.edits(module)
    added: set[str] = set()
    names = {one.name for one in function.parameters}
    stored = {one.id for one in walk(function.node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
    for node in own_nodes(function.node):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or not node.args:
            continue
        if node.func.attr != "getfixturevalue":
            continue
        first = node.args[0]
        if not isinstance(first, ast.Constant) or not isinstance(first.value, str):
            context.leave(module, node, KIND, "a fixture chosen at run time may be async: it cannot be set up here")
            continue
        fixture = context.kinds.fixtures.fixture(first.value, function)
        if fixture is None or fixture not in colours.asynchronous:
            continue
        assignment = context.kinds.parents.get(node)
        own = isinstance(assignment, ast.Assign) and all(
            isinstance(one, ast.Name) and one.id == first.value for one in assignment.targets
        )
        if first.value in stored and not own:
            context.leave(module, node, KIND, f"`{first.value}` is an async fixture now: it cannot be set up here")
            continue
        if first.value not in names | added:
            added.add(first.value)
            last = function.node.args.args[-1]
            edits.insert(source.end(last.annotation or last), f", {first.value}")
        if own and isinstance(assignment, ast.Assign) and _stands_alone(context, assignment):
            edits.delete_statement(assignment)
        else:
            edits.replace_node(node, first.value)


def _stands_alone(context: Context, statement: ast.stmt) -> bool:
    parent = context.kinds.parents.get(statement)
    body = getattr(parent, "body", [])
    return len(body) > 1 and statement in body


def _finalized(context: Context, function: Function) -> None:
    module = function.module
    source, edits = module.source, context.edits(module)
    calls = [
        node
        for node in own_nodes(function.node)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "addfinalizer"
        and node.args
    ]
    calls.sort(key=lambda call: source.start(call))
    if not any(_is_async(context, call.args[0]) for call in calls):
        return
    body = function.node.body
    assert isinstance(body, list)
    last = body[-1]
    returns = [one for one in own_nodes(function.node) if isinstance(one, ast.Return)]
    statements = [context.kinds.parents.get(call) for call in calls]
    simple = function not in context.kinds.generators and all(one in body for one in statements)
    if not simple or (returns and returns != [last]):
        _run_in_loop(context, function, calls)
        return
    indentation = source.indentation(last)
    make_async(context, function)
    ending: list[str] = []
    for call in reversed(calls):
        ending.append(f"{indentation}{_called(context, call.args[0])}\n")
    with edits.together():
        for statement in statements:
            assert isinstance(statement, ast.stmt)
            edits.delete_statement(statement)
        if returns:
            edits.replace(source.start(last), source.start(last) + len("return"), "yield")
            edits.insert(source.line_end(source.end(last)), "".join(ending))
        else:
            edits.insert(source.line_end(source.end(last)), f"{indentation}yield\n" + "".join(ending))


def _run_in_loop(context: Context, function: Function, calls: list[ast.Call]) -> None:
    """Finalizers that are not called in every case: the loop, which does not run by then, runs them."""
    make_async(context, function)
    asyncio = context.imports(function.module).need("asyncio", "")
    for call in calls:
        finalizer = call.args[0]
        if _is_async(context, finalizer):
            loop = f"lambda loop={asyncio}.get_running_loop(): loop.run_until_complete("
            called = _called(context, finalizer).removeprefix("await ")
            context.edits(function.module).replace_node(finalizer, f"{loop}{called})")


def _called(context: Context, node: ast.expr) -> str:
    source = context.kinds.module_by_node[node].source
    waits = "await " if _is_async(context, node) else ""
    if isinstance(node, ast.Lambda):
        return waits + source.segment(node.body)
    return f"{waits}{source.segment(node)}()"


def _is_async(context: Context, node: ast.expr) -> bool:
    """Whether calling a finalizer gives a coroutine by now."""
    colours = context.colours
    assert colours is not None
    if isinstance(node, ast.Lambda):
        body = node.body
        return isinstance(body, ast.Call) and (
            bool(context.kinds.targets(body) & colours.asynchronous) or _is_async(context, body.func)
        )
    if context.kinds.references.get(node, set()) & colours.asynchronous:
        return True
    if not isinstance(node, ast.Attribute):
        return False
    for value in context.kinds.values(node.value):
        if isinstance(value, Session | Connection) and not value.is_async and node.attr in SESSION_COROUTINES:
            return True
        if isinstance(value, Engine) and not value.is_async and node.attr == "dispose":
            return True
    return False
