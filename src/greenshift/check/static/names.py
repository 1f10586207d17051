"""What a name is where it is read: the assignments that reach it, branches taken together."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from greenshift.check.facts.value import Value
from greenshift.check.source.source_file import FunctionNode, SourceFile
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

_LOOP = "it changes in a loop"
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


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
        looped = union(
            [value for value in [_safely(before), _safely(end(statement.body))] if value] or [unknown(_LOOP)]
        )
        return union([looped, unknown(_LOOP)])
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
        return end(handler.body, lambda: _interrupted(before, end(tried.body)))

    def together() -> Found:
        return _branches([normally, *(caught(handler) for handler in tried.handlers)])

    return end(tried.finalbody, together)() if tried.finalbody else together()


def _interrupted(before: Before, end: Callable[[], Found]) -> Found:
    """Return what a name is in a handler: as before the try, or as its body left it."""
    values = [value for value in (_safely(before), _safely(end)) if value is not None]
    return union(values) if values else None


def _safely(part: Callable[[], Found]) -> Found:
    try:
        return part()
    except Unreachable:
        return None


def reaching(evaluator: Evaluator, name: str, node: ast.AST, frame: Frame) -> Found:
    """Return what a name is where a node stands, in its own function, class or module; None if it is not bound there.

    Args:
        evaluator: evaluates what is assigned.
        name: the name.
        node: where it is read.
        frame: where it is read.
    """
    file = frame.file
    inner: ast.AST = node
    above = file.parent(inner)
    while above is not None and not _is_block_of(above, inner):
        if isinstance(above, ast.Lambda):
            return None
        inner, above = above, file.parent(above)
    if above is None:
        return None
    return _before_statement(evaluator, name, above, inner, frame)


def _before_statement(evaluator: Evaluator, name: str, above: ast.AST, inner: ast.AST, frame: Frame) -> Found:
    block = block_of(above, inner)
    index = next(index for index, statement in enumerate(block) if statement is inner)

    def outside() -> Found:
        return _before_block(evaluator, name, above, block, index, frame)

    try:
        return after(evaluator, block, index, name, frame, outside)
    except Unreachable:
        return unknown("it is never reached")


def _before_block(
    evaluator: Evaluator, name: str, above: ast.AST, block: Sequence[ast.stmt], index: int, frame: Frame
) -> Found:
    """Return what a name is before a block begins: what it is before the statement that the block belongs to."""
    if isinstance(above, FunctionNode):
        return evaluator.parameter(name, frame) if above is frame.function else None
    if isinstance(above, ast.Module | ast.ClassDef):
        return None
    file = frame.file
    owner: ast.AST = above
    if isinstance(above, ast.ExceptHandler | ast.match_case):
        owner = file.parent(above) or above
    outer = file.parent(owner)
    if outer is None or not isinstance(owner, ast.stmt):
        return None

    def before() -> Found:
        return _before_statement(evaluator, name, outer, owner, frame)

    if isinstance(above, ast.ExceptHandler) and hasattr(owner, "body"):
        if above.name == name:
            return unknown("an exception")
        body = owner.body
        return _interrupted(before, lambda: after(evaluator, body, len(body), name, frame, before))
    if isinstance(owner, ast.If | ast.While):
        bound = walrus(evaluator, owner.test, name, frame)
        if bound is not None:
            return bound
    if isinstance(owner, ast.Try) and block is not owner.body:
        return whole(evaluator, owner.body, name, frame, before)
    if isinstance(owner, ast.With | ast.AsyncWith):
        for item in owner.items:
            if isinstance(item.optional_vars, ast.Name) and item.optional_vars.id == name:
                return evaluator.entered(item.context_expr, frame)
    if isinstance(owner, ast.For | ast.AsyncFor | ast.While):
        if isinstance(owner, ast.For | ast.AsyncFor) and block is owner.body and name in _names(owner.target):
            return evaluator.element(owner.iter, frame) if isinstance(owner.target, ast.Name) else unknown(_LOOP)
        later = [place for place in evaluator.bindings.indexes(block, name) if place >= index]
        if later:
            found = before()
            return union([*([found] if found is not None else []), unknown(_LOOP)])
    return before()


def _names(target: ast.expr) -> set[str]:
    return {node.id for node in ast.walk(target) if isinstance(node, ast.Name)}


def _is_block_of(above: ast.AST, inner: ast.AST) -> bool:
    return isinstance(inner, ast.stmt) and any(
        inner is statement
        for name in _BLOCKS
        for statement in getattr(above, name, ())
        if isinstance(above.__dict__.get(name), list)
    )


def block_of(above: ast.AST, inner: ast.AST) -> Sequence[ast.stmt]:
    """Return the block of a node in which a statement stands.

    Args:
        above: the node.
        inner: the statement.
    """
    for name in _BLOCKS:
        block = above.__dict__.get(name)
        if isinstance(block, list) and any(statement is inner for statement in block):
            return block
    raise LookupError(inner)


def module_value(evaluator: Evaluator, file: SourceFile, name: str) -> Found:
    """Return what a name of a module is once all of it ran, functions that declare it ``global`` included.

    Args:
        evaluator: evaluates what is assigned.
        file: the module.
        name: the name.
    """
    frame = evaluator.frame(file, None)
    found = whole(evaluator, file.tree.body, name, frame)
    values = [found] if found is not None else []
    for function in evaluator.global_writers(file).get(name, ()):
        written = whole(evaluator, function.body, name, evaluator.frame(file, function))
        if written is not None:
            values.append(written)
    return union(values) if values else None
