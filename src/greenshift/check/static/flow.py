"""What a name is after a block of statements: branches taken together, loops not known."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from greenshift.check.facts.value import Value
from greenshift.check.static import operations
from greenshift.check.static.bindings import dotted, ends
from greenshift.check.static.merging import surely, union, unknown
from greenshift.check.static.objects import Frame
from greenshift.check.static.statements import assigned, walrus

if TYPE_CHECKING:
    from greenshift.check.static.evaluation import Evaluator

# What a path through the program says of a name: its value, or None where it is not bound on that path.
Found = Value | None
Before = Callable[[], Found]

LOOP = "it changes in a loop"
BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


class Unreachable(Exception):  # noqa: N818 (no error: a path that ends)
    """Control never comes here."""


def unbound() -> Found:
    """Say that a name is not bound before a block."""
    return None


def _always(value: Value) -> Before:
    return lambda: value


def after(
    evaluator: Evaluator, block: Sequence[ast.stmt], index: int, name: str, frame: Frame, before: Before
) -> Found:
    """Return what a name is after the first statements of a block.

    Args:
        evaluator: evaluates what is assigned.
        block: the statements.
        index: how many of them ran.
        name: the name.
        frame: where they run.
        before: says what the name is before the block.

    Raises:
        Unreachable: control never comes here.
    """
    for place in reversed(evaluator.bindings.indexes(block, name)):
        if place < index:

            def earlier(place: int = place) -> Found:
                return after(evaluator, block, place, name, frame, before)

            return _after_statement(evaluator, block[place], name, frame, earlier)
    return before()


def whole(evaluator: Evaluator, block: Sequence[ast.stmt], name: str, frame: Frame, before: Before = unbound) -> Found:
    """Return what a name is at the end of a block.

    Args:
        evaluator: evaluates what is assigned.
        block: the statements.
        name: the name.
        frame: where they run.
        before: says what the name is before the block.
    """
    try:
        return after(evaluator, block, len(block), name, frame, before)
    except Unreachable:
        return None


def _branches(parts: Sequence[Callable[[], Found]]) -> Found:
    """Return what a name is where several paths meet; dead paths do not count."""
    found: list[Found] = []
    dead = 0
    for part in parts:
        try:
            found.append(part())
        except Unreachable:
            dead += 1
    if dead == len(parts):
        raise Unreachable
    bound = [value for value in found if value is not None]
    return union(bound) if bound else None


def _after_statement(evaluator: Evaluator, statement: ast.stmt, name: str, frame: Frame, before: Before) -> Found:
    def end(block: Sequence[ast.stmt], start: Before = before) -> Callable[[], Found]:
        def value() -> Found:
            if ends(block):
                raise Unreachable
            return after(evaluator, block, len(block), name, frame, start)

        return value

    if isinstance(statement, ast.If):
        bound = walrus(evaluator, statement.test, name, frame)
        start = before if bound is None else _always(bound)
        holds = surely(evaluator.evaluate(statement.test, frame))
        if holds is not None:
            return end(statement.body if holds else statement.orelse, start)()
        if not statement.orelse and _asks_for(statement.test, name):
            return _filled(before, end(statement.body))
        return _branches([end(statement.body, start), end(statement.orelse, start)])
    if isinstance(statement, ast.Try) or statement.__class__.__name__ == "TryStar":
        return _after_try(evaluator, statement, name, frame, before, end)
    if isinstance(statement, ast.For | ast.AsyncFor | ast.While):
        looped = union([value for value in [_safely(before), _safely(end(statement.body))] if value] or [unknown(LOOP)])
        return union([looped, unknown(LOOP)])
    if isinstance(statement, ast.With | ast.AsyncWith):
        for item in statement.items:
            if isinstance(item.optional_vars, ast.Name) and item.optional_vars.id == name:
                entered = evaluator.entered(item.context_expr, frame)
                return end(statement.body, _always(entered))()
        return end(statement.body)()
    if isinstance(statement, ast.Match):
        return _branches([*(end(case.body) for case in statement.cases), before])
    return assigned(evaluator, statement, name, frame, before)


def _asks_for(test: ast.expr, name: str) -> bool:
    """Whether a condition is ``not NAME`` or ``NAME is None``."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return dotted(test.operand) == name
    if isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.Is) and dotted(test.left) == name:
        return isinstance(test.comparators[0], ast.Constant) and test.comparators[0].value is None
    return False


def _filled(before: Before, body: Before) -> Found:
    """Return what ``if not NAME: NAME = ...`` makes of a name: what it was, or else what it gets, as ``or`` does."""
    old = before()
    new = _safely(body)
    if old is None or new is None:
        return old or new
    return operations.boolean(ast.Or(), [lambda: old, lambda: new])


def _after_try(
    evaluator: Evaluator,
    statement: ast.stmt,
    name: str,
    frame: Frame,
    before: Before,
    end: Callable[..., Callable[[], Found]],
) -> Found:
    assert isinstance(statement, ast.Try) or hasattr(statement, "handlers")
    tried: ast.Try = statement  # type: ignore[assignment]

    def normally() -> Found:
        return end(tried.orelse, end(tried.body))() if tried.orelse else end(tried.body)()

    def caught(handler: ast.ExceptHandler) -> Callable[[], Found]:
        return end(handler.body, lambda: interrupted(before, end(tried.body)))

    def together() -> Found:
        return _branches([normally, *(caught(handler) for handler in tried.handlers)])

    return end(tried.finalbody, together)() if tried.finalbody else together()


def interrupted(before: Before, end: Callable[[], Found]) -> Found:
    """Return what a name is in a handler: as before the try, or as its body left it."""
    values = [value for value in (_safely(before), _safely(end)) if value is not None]
    return union(values) if values else None


def _safely(part: Callable[[], Found]) -> Found:
    try:
        return part()
    except Unreachable:
        return None
