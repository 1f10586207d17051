"""Statements that use the database while a module is imported: moved into a function that the lifespan calls."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import groupby

from greenshift.shift.colour.imported import MOVED, moved_statement
from greenshift.shift.project import Module, Source
from greenshift.shift.project.traversal import walk
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.definitions import free_name, statement_begin
from greenshift.shift.rewrite.flip.awaiting import await_expression
from greenshift.shift.rewrite.flip.lifespan import Lifespans
from greenshift.shift.rewrite.flip.runner import Runner

NAMES = ("prepare_data", "prepare_data_at_start", "_prepare_data")


def move_import_statements(context: Context, lifespans: Lifespans, runner: Runner) -> None:
    """Move what modules do with the database while they are imported into functions.

    An application's lifespan calls them, after the tables are created; elsewhere they run in a loop of their own.

    Args:
        context: The flip's context.
        lifespans: What applications do when they start.
        runner: Gives the name of what runs a coroutine.
    """
    for module in context.project.modules:
        home = free_name(module, *NAMES)
        for index, statements in enumerate(_runs(context, module)):
            name = f"{home}_{index}" if index else home
            app = lifespans.app_for(module)
            if app is not None:
                lifespans.start(app, module, name)
            else:
                context.leave(
                    module, statements[0], "import", "this still runs while the module is imported, in a new loop"
                )
            _write(context, module, statements, name, "" if app is not None else f"{runner.name(module)}({name}())")


def _runs(context: Context, module: Module) -> Iterator[list[ast.stmt]]:
    """The statements that await something, those in a row together."""
    marked = [(one, _awaits(context, one)) for one in module.source.tree.body]
    for moves, group in groupby(marked, key=lambda one: one[1]):
        if moves:
            yield [statement for statement, _ in group]


def _awaits(context: Context, statement: ast.stmt) -> bool:
    colours = context.colours
    assert colours is not None
    if not isinstance(statement, MOVED) or moved_statement(context.kinds, statement) is None:
        return False
    return any(
        node in colours.awaits or node in colours.async_withs or node in colours.async_fors for node in walk(statement)
    )


def _write(context: Context, module: Module, statements: list[ast.stmt], name: str, run: str) -> None:
    source, edits = module.source, context.edits(module)
    first, last = source.start(statements[0]), source.end(statements[-1])
    begin = statement_begin(source, statements[0])
    above = source.text[:begin]
    if above.strip():
        edits.insert(begin, "\n" * max(0, 3 - (len(above) - len(above.rstrip("\n")))))
    heading = f'async def {name}() -> None:\n    """Do with the database what importing this module did."""\n\n'
    edits.insert(first, f"{heading}    ")
    offset = source.line_end(first)
    texts = [span for statement in statements for span in _texts(source, statement)]
    while offset < last:
        if source.text[offset : source.line_end(offset)].strip() and not any(a < offset < b for a, b in texts):
            edits.insert(offset, "    ")
        offset = source.line_end(offset)
    if run:
        edits.insert(last, f"\n\n\n{run}")
    colours = context.colours
    assert colours is not None
    for statement in statements:
        for node in walk(statement):
            if node in colours.awaits and context.kinds.unit(node) is module and isinstance(node, ast.expr):
                await_expression(context, module, node)


def _texts(source: Source, statement: ast.stmt) -> Iterator[tuple[int, int]]:
    """The strings of several lines: what is in them is not indented."""
    for node in walk(statement):
        if isinstance(node, ast.Constant | ast.JoinedStr) and node.lineno != node.end_lineno:
            yield source.start(node), source.end(node)
