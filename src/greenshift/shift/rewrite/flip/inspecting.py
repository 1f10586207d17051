"""``inspect(engine).get_table_names()``: an inspector works inside a connection's ``run_sync`` alone."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from greenshift.shift.kinds.annotations import own_nodes
from greenshift.shift.kinds.metadata import is_inspection
from greenshift.shift.kinds.values import Connection
from greenshift.shift.project import Function, Module
from greenshift.shift.project.traversal import walk
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.flip.create_all import is_alone
from greenshift.shift.rewrite.flip.scope import enclosing, stays_sync

REASON = "an inspector sends its statements itself: use `await connection.run_sync(lambda c: inspect(c)...)`"
INSIDE = "sync_connection"
LATER = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
HEADED = ast.If | ast.For | ast.With


@dataclass(frozen=True)
class Use:
    """A method call on an inspector.

    Attributes:
        inspection: The call of ``inspect``.
        node: The method call.
        statement: The statement in which it stands, or whose head it stands in.
        work: The call of ``run_sync`` that does it.
    """

    inspection: ast.Call
    node: ast.Call
    statement: ast.stmt
    work: str


def fix_inspecting(context: Context) -> None:
    """Run inspectors inside ``run_sync``.

    Args:
        context: The flip's context.
    """
    colours = context.colours
    assert colours is not None
    for module in context.project.modules:
        uses: list[Use] = []
        for call in context.kinds.calls(module):
            if not is_inspection(context.kinds, call) or stays_sync(context, module, call):
                continue
            function = enclosing(context, call)
            found = _uses(context, module, function, call) if colours.is_async(function) and function else None
            if found is None:
                context.leave(module, call, "inspect", REASON)
            else:
                uses += found
        if uses:
            _write(context, module, uses)


def _uses(context: Context, module: Module, function: Function, call: ast.Call) -> list[Use] | None:
    """What is asked of an inspector, or None if some of it cannot be followed."""
    parents = context.kinds.parents
    parent = parents.get(call)
    if not call.args:
        return None
    if isinstance(parent, ast.Attribute):
        nodes: list[ast.AST] = [parent]
    elif isinstance(parent, ast.Assign) and len(parent.targets) == 1 and isinstance(parent.targets[0], ast.Name):
        name = parent.targets[0].id
        mentions = [one for one in walk(function.node) if isinstance(one, ast.Name) and one.id == name]
        read = [one for one in mentions if one is not parent.targets[0]]
        if any(not isinstance(one.ctx, ast.Load) for one in read) or not is_alone(module.source, parent):
            return None
        nodes = [parents[one] for one in read]
    else:
        return None
    found: list[Use] = []
    for node in nodes:
        used = parents.get(node)
        if not isinstance(node, ast.Attribute) or not isinstance(used, ast.Call) or used.func is not node:
            return None
        on_connection = context.kinds.is_a(call.args[0], Connection)
        statement = _statement(context, module, function, used, on_connection=on_connection)
        if statement is None:
            return None
        found.append(Use(call, used, statement, _work(module, call, used)))
    return found or None


def _statement(
    context: Context, module: Module, function: Function, node: ast.Call, *, on_connection: bool
) -> ast.stmt | None:
    """The statement around a call; where a connection is opened for it, one before which it can be made as well."""
    colours = context.colours
    assert colours is not None
    if any(one in colours.awaits for one in walk(node)) or node not in set(own_nodes(function.node)):
        return None
    current: ast.AST = node
    first: ast.AST | None = None
    while not isinstance(current, ast.stmt):
        inside, current = current, context.kinds.parents[current]
        if isinstance(current, ast.comprehension):
            # The first iterable is evaluated once, before all else.
            first = current if inside is current.iter else None
        elif isinstance(current, ast.Lambda) or (isinstance(current, LATER) and first is not current.generators[0]):
            return None
    if on_connection:
        return current
    return current if not isinstance(current, ast.While) and _begins_line(module, current) else None


def _begins_line(module: Module, statement: ast.stmt) -> bool:
    source = module.source
    start = source.start(statement)
    if source.text[source.line_start(start) : start].strip() or source.text.startswith("elif", start):
        return False
    return isinstance(statement, HEADED) or is_alone(source, statement)


def _work(module: Module, call: ast.Call, used: ast.Call) -> str:
    source = module.source
    assert isinstance(used.func, ast.Attribute)
    asked = source.text[source.end(used.func.value) : source.end(used)]
    return f"run_sync(lambda {INSIDE}: {source.segment(call.func)}({INSIDE}){asked})"


def _write(context: Context, module: Module, uses: list[Use]) -> None:
    edits, source, parents = context.edits(module), module.source, context.kinds.parents
    for inspection in dict.fromkeys(use.inspection for use in uses):
        assignment = parents.get(inspection)
        if isinstance(assignment, ast.Assign):
            edits.delete_statement(assignment)
    for statement in dict.fromkeys(use.statement for use in uses):
        here = [use for use in uses if use.statement is statement]
        on_engine = [use for use in here if not context.kinds.is_a(use.inspection.args[0], Connection)]
        for use in here:
            if use not in on_engine:
                text = f"await {source.segment(use.inspection.args[0])}.{use.work}"
                edits.replace_node(use.node, f"({text})" if _is_taken(context, use.node) else text)
        if len(on_engine) == 1 and len(here) == 1 and _is_simple(statement):
            _around(context, module, on_engine[0])
        else:
            for bind in dict.fromkeys(source.segment(use.inspection.args[0]) for use in on_engine):
                _before(context, module, [one for one in on_engine if source.segment(one.inspection.args[0]) == bind])


def _is_simple(statement: ast.stmt) -> bool:
    simple = isinstance(statement, ast.Assign | ast.AnnAssign | ast.Return | ast.Expr | ast.Assert)
    return simple and statement.lineno == statement.end_lineno


def _is_taken(context: Context, node: ast.Call) -> bool:
    """Whether what stands behind a call would take it before ``await`` does."""
    parent = context.kinds.parents.get(node)
    return isinstance(parent, ast.Attribute | ast.Subscript) or (isinstance(parent, ast.Call) and parent.func is node)


def _around(context: Context, module: Module, use: Use) -> None:
    """``names = inspect(engine).get_table_names()`` is put into an ``async with``."""
    source = module.source
    start, end = source.start(use.statement), source.end(use.statement)
    indentation = source.indentation(use.statement)
    before, after = source.text[start : source.start(use.node)], source.text[source.end(use.node) : end]
    text = f"await connection.{use.work}"
    text = f"({text})" if _is_taken(context, use.node) else text
    context.edits(module).replace(
        start,
        end,
        f"async with {source.segment(use.inspection.args[0])}.connect() as connection:\n"
        f"{indentation}    {before}{text}{after}",
    )


def _before(context: Context, module: Module, uses: list[Use]) -> None:
    """``if inspect(engine).has_table("a"):``: what it asks is asked before."""
    source, edits = module.source, context.edits(module)
    used = {node.id for node in module.source.nodes if isinstance(node, ast.Name)}
    indentation = source.indentation(uses[0].statement)
    lines = [f"async with {source.segment(uses[0].inspection.args[0])}.connect() as connection:"]
    for index, use in enumerate(uses):
        name = "inspected" if not index else f"inspected{index + 1}"
        while name in used:
            name = f"{name}_now"
        lines.append(f"    {name} = await connection.{use.work}")
        edits.replace_node(use.node, name)
    text = "".join(f"{line}\n{indentation}" for line in lines)
    edits.insert_before(uses[0].statement, text)
