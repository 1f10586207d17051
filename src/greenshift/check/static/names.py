"""What a name is where it is read: the assignments that reach it."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING

from greenshift.check.facts.value import Value
from greenshift.check.source.source_file import FunctionNode, SourceFile
from greenshift.check.static.flow import BLOCKS, LOOP, Found, Unreachable, after, interrupted, whole
from greenshift.check.static.merging import mapped, union, unknown
from greenshift.check.static.objects import DictObject, Frame
from greenshift.check.static.statements import changed_elsewhere, walrus

if TYPE_CHECKING:
    from greenshift.check.static.evaluation import Evaluator


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
        if above is frame.function:
            return None  # A lambda: its parameters are the frame's.
        bound = _bound_by(evaluator, name, above, inner, frame)
        if bound is not None:
            return bound
        inner, above = above, file.parent(above)
    if above is None:
        return None
    return _before_statement(evaluator, name, above, inner, frame)


def _bound_by(evaluator: Evaluator, name: str, above: ast.AST, inner: ast.AST, frame: Frame) -> Found:
    """Return what a lambda or comprehension around a node binds a name to; None if it does not bind it."""
    if isinstance(above, ast.Lambda):
        is_parameter = any(isinstance(arg, ast.arg) and arg.arg == name for arg in ast.walk(above.args))
        return unknown("a parameter of a lambda") if is_parameter and inner is above.body else None
    if isinstance(above, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
        for generator in above.generators:
            if inner is not generator and name in _names(generator.target):
                is_simple = isinstance(generator.target, ast.Name)
                return evaluator.element(generator.iter, frame) if is_simple else unknown(LOOP)
    return None


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
        return interrupted(before, lambda: after(evaluator, body, len(body), name, frame, before))
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
            return evaluator.element(owner.iter, frame) if isinstance(owner.target, ast.Name) else unknown(LOOP)
        later = [place for place in evaluator.bindings.indexes(block, name) if place >= index]
        if later:
            found = before()
            return union([*([found] if found is not None else []), unknown(LOOP)])
    return before()


def _names(target: ast.expr) -> set[str]:
    return {node.id for node in ast.walk(target) if isinstance(node, ast.Name)}


def _is_block_of(above: ast.AST, inner: ast.AST) -> bool:
    return isinstance(inner, ast.stmt) and any(
        inner is statement
        for name in BLOCKS
        for statement in getattr(above, name, ())
        if isinstance(above.__dict__.get(name), list)
    )


def block_of(above: ast.AST, inner: ast.AST) -> Sequence[ast.stmt]:
    """Return the block of a node in which a statement stands.

    Args:
        above: the node.
        inner: the statement.
    """
    for name in BLOCKS:
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
    for function in evaluator.indexes.global_writers(file).get(name, ()):
        written = whole(evaluator, function.body, name, evaluator.frame(file, function))
        if written is not None:
            values.append(written)
    if not values:
        return None
    result = union(values)
    if any(isinstance(option.value, DictObject) for option in result.options) and _changes(
        evaluator, file, name, result
    ):
        return mapped(result, lambda item: changed_elsewhere(item) if isinstance(item, DictObject) else item)
    return result


def _changes(evaluator: Evaluator, file: SourceFile, name: str, value: Value) -> bool:
    """Whether a function of a module changes a dict of the module."""
    functions: list[FunctionNode] = [*file.nodes(ast.FunctionDef), *file.nodes(ast.AsyncFunctionDef)]
    for function in functions:
        if not evaluator.bindings.indexes(function.body, name):
            continue
        is_parameter = any(isinstance(arg, ast.arg) and arg.arg == name for arg in ast.walk(function.args))
        frame = evaluator.frame(file, function)
        if is_parameter or whole(evaluator, function.body, name, frame) is not None:
            continue  # A name of its own.
        if whole(evaluator, function.body, name, frame, lambda: value) not in (None, value):
            return True
    return False
