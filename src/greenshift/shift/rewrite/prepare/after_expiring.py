"""Refreshes instances that are read after ``expire`` or ``expire_all``, where reading them used to reload them."""

from __future__ import annotations

import ast

from greenshift.shift.kinds.annotations import own_nodes
from greenshift.shift.kinds.values import Instance, is_mock
from greenshift.shift.loading.local_reads import LocalRead, event_before
from greenshift.shift.loading.session_calls import SessionCall, session_calls
from greenshift.shift.loading.statements import statements_of
from greenshift.shift.project import Class, Function
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.prepare.after_commit import NOT_READING
from greenshift.shift.rewrite.prepare.inserting import insert_behind

OWNERS = ("owner", "session_of_it", "own_session", "session_that_holds_it")


def refresh_after_expiring(context: Context) -> None:
    """Put ``session.refresh(instance)`` behind the last change before the first read of what was expired.

    Reading it reloaded it, so that a test saw what the application had stored through another session.

    Args:
        context: The stage's context.
    """
    for function in context.project.functions:
        if function.is_lambda:
            continue
        calls = [one for one in session_calls(context.kinds, function) if one.method in ("expire", "expire_all")]
        done: set[tuple[str, int]] = set()
        for call in calls:
            for name, nodes in sorted(_instances(context, function).items()):
                if call.method == "expire" and not call.gives(name):
                    continue
                event = _event(context, function, call, name, nodes)
                if event is None or (name, event.lineno) in done:
                    continue
                done.add((name, event.lineno))
                if insert_behind(context.edits(function.module), event, _refresh(context, function, call, name, event)):
                    context.count("refreshed after expiring")


def _refresh(context: Context, function: Function, call: SessionCall, name: str, event: ast.stmt) -> str:
    """The statement that refreshes an instance."""
    assert isinstance(call.call.func, ast.Attribute)
    if not any(isinstance(one, Instance) for one in context.kinds.values(call.call.func.value)):
        return f"{call.session}.refresh({name})"
    # A proxy may stand for another session by now than the instance's own.
    taken = {one.id for one in own_nodes(function.node) if isinstance(one, ast.Name)}
    owner = next(one for one in OWNERS if one not in taken)
    found = context.imports(function.module).need("sqlalchemy.orm", "object_session")
    margin = function.module.source.indentation(event)
    return f"if ({owner} := {found}({name})) is not None:\n{margin}    {owner}.refresh({name})"


def _moment(context: Context, node: ast.Name) -> tuple[int, int]:
    """When a name is read or bound: an assignment binds it after its value was read."""
    parent = context.kinds.parents.get(node)
    if isinstance(node.ctx, ast.Store) and isinstance(parent, ast.Assign | ast.AnnAssign) and parent.value is not None:
        return parent.value.end_lineno or node.lineno, parent.value.end_col_offset or node.col_offset
    return node.lineno, node.col_offset


def _instances(context: Context, function: Function) -> dict[str, list[ast.Name]]:
    """The variables that hold instances of models and nothing else, with the places where they stand."""
    found: dict[str, list[ast.Name]] = {}
    for node in own_nodes(function.node):
        if isinstance(node, ast.Name):
            found.setdefault(node.id, []).append(node)
    for name, nodes in list(found.items()):
        if not _classes(context, nodes):
            del found[name]
        nodes.sort(key=lambda node: _moment(context, node))
    return found


def _classes(context: Context, nodes: list[ast.Name]) -> set[Class]:
    found: set[Class] = set()
    for node in nodes:
        for value in context.kinds.values(node):
            if is_mock(value):
                continue
            if not isinstance(value, Instance) or not context.kinds.classes.is_model(value.cls):
                return set()
            found.add(value.cls)
    return found


def _event(
    context: Context, function: Function, call: SessionCall, name: str, nodes: list[ast.Name]
) -> ast.stmt | None:
    """The statement behind which a variable is refreshed; None where nothing reads it, or it is bound anew before."""
    blocks = {id(statement): block for statement, block in statements_of(function)}
    end = call.statement.end_lineno or call.line
    bound = any(one.name == name for one in function.parameters) or any(
        isinstance(node.ctx, ast.Store) and node.lineno < call.line for node in nodes
    )
    if not bound:
        return None
    for node in nodes:
        if node.lineno <= end:
            continue
        if isinstance(node.ctx, ast.Store) or _is_refreshed(context, node):
            return None
        statement: ast.AST | None = node
        while statement is not None and id(statement) not in blocks:
            statement = context.kinds.parents.get(statement)
        if statement is None or blocks[id(statement)][: len(call.block)] != call.block:
            continue
        if _reads(context, node):
            event, _ = event_before(context.kinds, LocalRead(function, name, "", call.session, node))
            return event if event is not None and event.lineno >= call.line else None
    return None


def _is_refreshed(context: Context, node: ast.Name) -> bool:
    parent = context.kinds.parents.get(node)
    return (
        isinstance(parent, ast.Call)
        and isinstance(parent.func, ast.Attribute)
        and parent.func.attr == "refresh"
        and len(parent.args) + len(parent.keywords) == 1
        and context.kinds.is_session(parent.func.value)
    )


def _reads(context: Context, node: ast.Name) -> bool:
    """Whether columns are read: comparing an instance, or asking whether it is in a list, reads nothing of it."""
    parent = context.kinds.parents.get(node)
    if isinstance(parent, ast.Attribute):
        related = {name for cls in _classes(context, [node]) for name in context.kinds.classes.relationships(cls)}
        return isinstance(parent.ctx, ast.Load) and parent.attr not in related
    if isinstance(parent, ast.keyword):
        parent = context.kinds.parents.get(parent)
    if isinstance(parent, ast.Call):
        is_session = isinstance(parent.func, ast.Attribute) and context.kinds.is_session(parent.func.value)
        if is_session and getattr(parent.func, "attr", "") in NOT_READING:
            return False
        return bool(context.kinds.targets(parent))
    return isinstance(parent, ast.Return | ast.FormattedValue)
