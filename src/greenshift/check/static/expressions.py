"""What each kind of expression makes of its parts."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from greenshift.check.facts.value import Option, Value
from greenshift.check.static import attributes, calls, names, operations
from greenshift.check.static.bindings import dotted
from greenshift.check.static.dicts import as_dict, overlaid
from greenshift.check.static.merging import by_default, joined, surely, union, unknown
from greenshift.check.static.objects import DictObject, Frame, FunctionObject

if TYPE_CHECKING:
    from greenshift.check.static.evaluation import Evaluator


def _constant(evaluator: Evaluator, node: ast.Constant, frame: Frame) -> Value:
    if node.value is None or isinstance(node.value, bool | int | float | str | bytes):
        return Value((Option(node.value, frame.file.place(node)),))
    return unknown("a constant of another kind")


def _name(evaluator: Evaluator, node: ast.Name, frame: Frame) -> Value:
    return evaluator.name(node.id, node, frame)


def _attribute(evaluator: Evaluator, node: ast.Attribute, frame: Frame) -> Value:
    path = dotted(node)
    if path is not None:
        found = names.reaching(evaluator, path, node, frame)
        if found is not None:
            return found
    found = attributes.attribute(evaluator, evaluator.evaluate(node.value, frame), node.attr)
    if not found.options and isinstance(node.value, ast.Attribute) and node.value.attr == "state":
        kept = evaluator.indexes.kept_in_state(node.attr)
        return union(evaluator.evaluate(item, evaluator.frame_of(file, item)) for file, item in kept) if kept else found
    return found


def _call(evaluator: Evaluator, node: ast.Call, frame: Frame) -> Value:
    return calls.called(evaluator, node, frame)


def _await(evaluator: Evaluator, node: ast.Await, frame: Frame) -> Value:
    return evaluator.evaluate(node.value, frame)


def _walrus(evaluator: Evaluator, node: ast.NamedExpr, frame: Frame) -> Value:
    return evaluator.evaluate(node.value, frame)


def _formatted(evaluator: Evaluator, node: ast.JoinedStr, frame: Frame) -> Value:
    parts = []
    for item in node.values:
        if isinstance(item, ast.FormattedValue):
            parts.append(unknown("a format") if item.format_spec is not None else evaluator.evaluate(item.value, frame))
        else:
            parts.append(evaluator.evaluate(item, frame))
    whole = joined(parts)
    place = frame.file.place(node)
    return Value(tuple(Option(option.value, place, option.variable) for option in whole.options), whole.unknown)


def _binary(evaluator: Evaluator, node: ast.BinOp, frame: Frame) -> Value:
    return operations.binary(node.op, evaluator.evaluate(node.left, frame), evaluator.evaluate(node.right, frame))


def _unary(evaluator: Evaluator, node: ast.UnaryOp, frame: Frame) -> Value:
    return operations.unary(node.op, evaluator.evaluate(node.operand, frame))


def _boolean(evaluator: Evaluator, node: ast.BoolOp, frame: Frame) -> Value:
    return operations.boolean(node.op, [lambda item=item: evaluator.evaluate(item, frame) for item in node.values])  # type: ignore[misc]


def _compare(evaluator: Evaluator, node: ast.Compare, frame: Frame) -> Value:
    if len(node.ops) != 1:
        return unknown("a comparison")
    left, right = evaluator.evaluate(node.left, frame), evaluator.evaluate(node.comparators[0], frame)
    return operations.compared(node.ops[0], left, right)


def _conditional(evaluator: Evaluator, node: ast.IfExp, frame: Frame) -> Value:
    test = evaluator.evaluate(node.test, frame)
    holds = surely(test)
    if holds is not None:
        return evaluator.evaluate(node.body if holds else node.orelse, frame)
    if ast.dump(node.test) == ast.dump(node.body):
        return operations.boolean(
            ast.Or(), [lambda: evaluator.evaluate(node.body, frame), lambda: evaluator.evaluate(node.orelse, frame)]
        )
    likely = by_default(test)
    order = (node.orelse, node.body) if likely is False else (node.body, node.orelse)
    return union(evaluator.evaluate(branch, frame) for branch in order)


def _dict(evaluator: Evaluator, node: ast.Dict, frame: Frame) -> Value:
    found = DictObject({})
    for key, item in zip(node.keys, node.values, strict=True):
        value = evaluator.evaluate(item, frame)
        if key is None:
            found = overlaid(found, as_dict(value))
            continue
        name = evaluator.evaluate(key, frame).default
        if name is not None and isinstance(name.value, str):
            found = overlaid(found, DictObject({name.value: value}))
        else:
            found = DictObject(found.entries, "a key of it is not known")
    return Value.of(found, frame.file.place(node))


def _sequence(evaluator: Evaluator, node: ast.Tuple | ast.List | ast.Set, frame: Frame) -> Value:
    if any(isinstance(item, ast.Starred) for item in node.elts):
        return unknown("a list that is put together")
    return Value.of(tuple(evaluator.evaluate(item, frame) for item in node.elts), frame.file.place(node))


def _subscript(evaluator: Evaluator, node: ast.Subscript, frame: Frame) -> Value:
    path = dotted(node.value)
    whole = names.reaching(evaluator, path, node, frame) if path is not None and "." in path else None
    if whole is None:
        whole = evaluator.evaluate(node.value, frame)
    key = evaluator.evaluate(node.slice, frame)
    return attributes.item(evaluator, whole, key)


def _lambda(evaluator: Evaluator, node: ast.Lambda, frame: Frame) -> Value:
    return Value.of(FunctionObject(frame.file, node, frame), frame.file.place(node))


HANDLERS: Final[Mapping[type[ast.expr], Callable[[Evaluator, Any, Frame], Value]]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Call: _call,
    ast.Await: _await,
    ast.NamedExpr: _walrus,
    ast.JoinedStr: _formatted,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.BoolOp: _boolean,
    ast.Compare: _compare,
    ast.IfExp: _conditional,
    ast.Dict: _dict,
    ast.Tuple: _sequence,
    ast.List: _sequence,
    ast.Set: _sequence,
    ast.Subscript: _subscript,
    ast.Lambda: _lambda,
}
