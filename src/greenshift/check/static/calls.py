"""Calls followed into the program: parameters, returns, instances; and calls of libraries handed on."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from greenshift.check.facts.symbol import Symbol
from greenshift.check.facts.text import Text
from greenshift.check.facts.value import Value
from greenshift.check.source.source_file import FunctionNode
from greenshift.check.static import classes, library, methods, urls
from greenshift.check.static.merging import mapped, surely, union, unknown, used
from greenshift.check.static.objects import (
    Arguments,
    ClassObject,
    DictObject,
    Frame,
    FunctionObject,
    Instance,
    Made,
    Partial,
)

if TYPE_CHECKING:
    from greenshift.check.static.evaluation import Evaluator

# A function that is called from more places is no helper of the configuration.
_MOST_CALLS: Final = 24


def called(evaluator: Evaluator, node: ast.Call, frame: Frame) -> Value:
    """Return what a call gives.

    Args:
        evaluator: evaluates its parts.
        node: the call.
        frame: where it is made.
    """
    if isinstance(node.func, ast.Attribute):
        receiver = used(evaluator.evaluate(node.func.value, frame))
        if any(isinstance(option.value, str | Text | DictObject | Made | Instance) for option in receiver.options):
            found = methods.called(evaluator, receiver, node, frame)
            if found is not None:
                return found
        elif node.func.attr == "set" and not receiver.options:
            arguments = evaluator.arguments(node, frame)
            if "drivername" in arguments.keywords:
                return urls.with_parts(receiver, arguments)
    function = evaluator.evaluate(node.func, frame)
    if function.unknown and not function.options:
        return unknown(function.unknown)
    arguments = evaluator.arguments(node, frame)
    return call_value(evaluator, function, arguments, node, frame)


def call_value(
    evaluator: Evaluator,
    function: Value,
    arguments: Arguments,
    node: ast.Call | None = None,
    frame: Frame | None = None,
) -> Value:
    """Return what calling a value gives.

    Args:
        evaluator: evaluates what the function returns.
        function: what is called.
        arguments: what it is given.
        node: the call, where there is one.
        frame: where it is made.
    """

    def call(item: Any) -> Any:
        if isinstance(item, FunctionObject):
            return returned(evaluator, item, arguments)
        if isinstance(item, ClassObject):
            return Instance(item, arguments)
        if isinstance(item, Partial):
            return call_value(evaluator, item.function, together(item.arguments, arguments), node, frame)
        if isinstance(item, Symbol):
            return library.called(evaluator, item.name, arguments, node, frame)
        if isinstance(item, Made) and item.what == "factory" and node is not None and frame is not None:
            return Made("session", item.file, item.call)
        if isinstance(item, Instance):
            for owner in classes.lineage(evaluator, item.of):
                method = classes.methods(owner).get("__call__")
                if method is not None:
                    return returned(evaluator, FunctionObject(owner.file, method, None, Value.of(item)), arguments)
        return unknown("a call of something else")

    return mapped(used(function), call)


def together(first: Arguments, then: Arguments) -> Arguments:
    """Return the arguments of a partial with those of its call."""
    return Arguments(
        (*first.positional, *then.positional),
        {**first.keywords, **then.keywords},
        first.open_positional or then.open_positional,
        first.open_keywords or then.open_keywords,
    )


def returned(evaluator: Evaluator, function: FunctionObject, arguments: Arguments) -> Value:
    """Return what a function of the program returns, or yields if it returns nothing.

    Args:
        evaluator: evaluates what it returns.
        function: the function.
        arguments: what it is given.
    """
    if evaluator.gave_up(function.node):
        return unknown("it is too much to follow")
    frame = evaluator.bound_frame(function, arguments)
    if isinstance(function.node, ast.Lambda):
        return evaluator.evaluate(function.node.body, frame)
    before = evaluator.steps
    results, yields = [], []
    for node in _own_nodes(function.node):
        if isinstance(node, ast.Return) and reachable(evaluator, node, frame):
            results.append(evaluator.evaluate(node.value, frame) if node.value is not None else Value.of(None))
        elif isinstance(node, ast.Yield) and node.value is not None:
            yields.append(evaluator.evaluate(node.value, frame))
    evaluator.spent(function.node, evaluator.steps - before)
    found = yields or results
    return union(found) if found else Value.of(None)


def _own_nodes(function: FunctionNode) -> Iterator[ast.AST]:
    """Yield the nodes of a function's body, without those of functions and classes inside it."""
    pending: list[ast.AST] = list(reversed(function.body))
    while pending:
        node = pending.pop()
        yield node
        if not isinstance(node, FunctionNode | ast.ClassDef | ast.Lambda):
            pending.extend(reversed(list(ast.iter_child_nodes(node))))


def reachable(
    evaluator: Evaluator, node: ast.AST, frame: Frame, holds: Callable[[Value], bool | None] = surely
) -> bool:
    """Return whether control may come to a node: no condition around it, or left before it, rules it out.

    Args:
        evaluator: evaluates the conditions.
        node: the node.
        frame: the call of its function.
        holds: says whether a condition is true: surely, or by default.
    """
    file = frame.file
    inner, above = node, file.parent(node)
    while above is not None and not isinstance(inner, FunctionNode):
        if isinstance(above, ast.If) and inner is not above.test:
            answer = holds(evaluator.evaluate(above.test, frame))
            if answer is not None and answer is not any(inner is statement for statement in above.body):
                return False
        if isinstance(above, ast.IfExp) and inner is not above.test:
            answer = holds(evaluator.evaluate(above.test, frame))
            if answer is not None and answer is not (inner is above.body):
                return False
        for name in ("body", "orelse", "finalbody"):
            block = above.__dict__.get(name)
            if isinstance(block, list) and any(inner is statement for statement in block):
                for statement in block:
                    if statement is inner:
                        break
                    if _ends(evaluator, statement, frame, holds):
                        return False
        inner, above = above, file.parent(above)
    return True


def _ends(evaluator: Evaluator, statement: ast.stmt, frame: Frame, holds: Callable[[Value], bool | None]) -> bool:
    if isinstance(statement, ast.Return | ast.Raise):
        return True
    if isinstance(statement, ast.If):
        last = statement.body[-1]
        if isinstance(last, ast.Return | ast.Raise):
            return holds(evaluator.evaluate(statement.test, frame)) is True
    return False


def entered(evaluator: Evaluator, node: ast.expr, frame: Frame) -> Value:
    """Return what ``with NODE as name`` binds: what a context manager of the program yields, or an engine itself.

    Args:
        evaluator: evaluates it.
        node: the expression.
        frame: where it stands.
    """
    found = evaluator.evaluate(node, frame)
    if found.options and all(isinstance(option.value, Made) for option in found.options):
        return found
    return found if found.options else unknown("a context manager")
