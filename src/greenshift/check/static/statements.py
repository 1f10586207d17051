"""What one statement makes of a name: assignments, imports, definitions, changes of a dict."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

from greenshift.check.facts.value import Value
from greenshift.check.static import flow
from greenshift.check.static.bindings import container, dotted, handed_names, mutated
from greenshift.check.static.dicts import as_dict, overlaid
from greenshift.check.static.merging import mapped, union, unknown
from greenshift.check.static.objects import ClassObject, DictObject, Frame, FunctionObject

if TYPE_CHECKING:
    from greenshift.check.static.evaluation import Evaluator

Before = Callable[[], Value | None]


def assigned(evaluator: Evaluator, statement: ast.stmt, name: str, frame: Frame, before: Before) -> Value | None:
    """Return what a name is after a statement that has no blocks.

    Args:
        evaluator: evaluates what is assigned.
        statement: the statement.
        name: the name, or the dotted path of an attribute.
        frame: where it runs.
        before: says what the name was before.
    """
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        return Value.of(FunctionObject(frame.file, statement, frame if frame.function is not None else None))
    if isinstance(statement, ast.ClassDef):
        return Value.of(ClassObject(frame.file, statement))
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return evaluator.imported(statement, name, frame)
    if isinstance(statement, ast.Assign):
        for target in statement.targets:
            found = _target(evaluator, target, name, statement.value, frame, before)
            if found is not None:
                return found
    elif isinstance(statement, ast.AnnAssign):
        if statement.value is None:
            return before()
        found = _target(evaluator, statement.target, name, statement.value, frame, before)
        if found is not None:
            return found
    elif isinstance(statement, ast.AugAssign):
        if dotted(statement.target) == name:
            old = before()
            new = evaluator.evaluate(statement.value, frame)
            return unknown("it is changed") if old is None else evaluator.operation(statement.op, old, new)
        return _entry_unknown(before, statement.target)
    elif isinstance(statement, ast.Delete):
        return _deleted(statement, name, before)
    elif isinstance(statement, ast.Expr):
        changed = mutated(statement.value)
        if changed is not None and changed[0] == name:
            return _mutated(evaluator, changed[1], frame, before)
        if name in handed_names(statement.value):
            return _handed(evaluator, statement.value, name, frame, before)
    return walrus(evaluator, statement, name, frame) or before()


def walrus(evaluator: Evaluator, around: ast.AST, name: str, frame: Frame) -> Value | None:
    """Return what ``(NAME := ...)`` within an expression or statement binds; None if there is none.

    Args:
        evaluator: evaluates what is assigned.
        around: the expression or statement.
        name: the name.
        frame: where it runs.
    """
    for node in ast.walk(around):
        if isinstance(node, ast.NamedExpr) and node.target.id == name:
            return evaluator.evaluate(node.value, frame)
    return None


def _target(
    evaluator: Evaluator, target: ast.expr, name: str, value: ast.expr, frame: Frame, before: Before
) -> Value | None:
    if isinstance(target, ast.Name | ast.Attribute) and dotted(target) == name:
        return evaluator.evaluate(value, frame)
    if isinstance(target, ast.Tuple | ast.List):
        for index, item in enumerate(target.elts):
            if isinstance(item, ast.Name) and item.id == name:
                whole = evaluator.evaluate(value, frame)
                return mapped(whole, lambda parts, index=index: _part(parts, index))  # type: ignore[misc]
            if isinstance(item, ast.Starred) and dotted(item.value) == name:
                return unknown("it is unpacked")
    if isinstance(target, ast.Subscript) and dotted(container(target)) == name:
        old = before()
        if old is None:
            return None
        keys = [evaluator.evaluate(key, frame).known for key in _keys(target)]
        return _with_item(old, keys, evaluator.evaluate(value, frame))
    return None


def _keys(target: ast.expr) -> list[ast.expr]:
    """Return the keys of ``d["a"]["b"]``, the first first."""
    keys: list[ast.expr] = []
    while isinstance(target, ast.Subscript):
        keys.insert(0, target.slice)
        target = target.value
    return keys


def _with_item(old: Value, keys: list[object], new: Value) -> Value:
    """Return a value in which ``d[key]``, or an item of an item, is another one."""
    key, rest = keys[0], keys[1:]

    def change(item: object) -> object:
        if not isinstance(item, DictObject):
            return unknown("it is changed")
        if not isinstance(key, str):
            return DictObject(item.entries, "a key of it is not known")
        inner = new if not rest else _with_item(item.entries.get(key, unknown("no such key")), rest, new)
        return DictObject({**item.entries, key: inner}, item.open)

    return mapped(old, change)


def _part(parts: object, index: int) -> Value:
    if isinstance(parts, tuple) and index < len(parts):
        part = parts[index]
        return part if isinstance(part, Value) else Value.of(part)
    return unknown("it is unpacked")


def _entry_unknown(before: Before, target: ast.expr) -> Value | None:
    old = before()
    if old is None or not isinstance(target, ast.Subscript):
        return old
    return mapped(
        old,
        lambda item: (
            DictObject(
                {key: union([entry, unknown("it is changed")]) for key, entry in item.entries.items()}, item.open
            )
            if isinstance(item, DictObject)
            else item
        ),
    )


def _deleted(statement: ast.Delete, name: str, before: Before) -> Value | None:
    for target in statement.targets:
        if isinstance(target, ast.Subscript) and dotted(target.value) == name:
            old = before()
            if old is None or not isinstance(target.slice, ast.Constant):
                return old
            return _without(old, target.slice.value)
    return None


def _without(old: Value, key: object) -> Value:
    return mapped(
        old,
        lambda item: (
            DictObject({name: entry for name, entry in item.entries.items() if name != key}, item.open)
            if isinstance(item, DictObject)
            else item
        ),
    )


def _handed(evaluator: Evaluator, node: ast.expr, name: str, frame: Frame, before: Before) -> Value | None:
    """Return what a name is after a call that was given it: a dict may have been changed."""
    old = before()
    if old is None or not any(isinstance(option.value, DictObject) for option in old.options):
        return old
    call = node.value if isinstance(node, ast.Await) else node
    if isinstance(call, ast.Call):
        if _leaves(evaluator, call, frame):
            return old
        changed = _changed_by(evaluator, call, name, frame, old)
        if changed is not None:
            return changed
    return mapped(old, lambda item: changed_elsewhere(item) if isinstance(item, DictObject) else item)


def _leaves(evaluator: Evaluator, call: ast.Call, frame: Frame) -> bool:
    """Whether a call is of functions of the program that change none of their parameters."""
    called = evaluator.evaluate(call.func, frame)
    if called.unknown or not called.options:
        return False
    for option in called.options:
        node = option.value.node if isinstance(option.value, FunctionObject) else None
        if node is None or isinstance(node, ast.Lambda):
            return False
        parameters = [arg.arg for arg in ast.walk(node.args) if isinstance(arg, ast.arg)]
        if any(evaluator.bindings.indexes(node.body, parameter) for parameter in parameters):
            return False
    return True


def _changed_by(evaluator: Evaluator, call: ast.Call, name: str, frame: Frame, old: Value) -> Value | None:
    """Return what a function of the program makes of a dict that it is handed; None if that is not followed."""
    function = evaluator.evaluate(call.func, frame).known
    if not isinstance(function, FunctionObject) or isinstance(function.node, ast.Lambda):
        return None
    body = function.node.body
    if any(isinstance(node, ast.Return) for statement in body for node in ast.walk(statement)):
        return None
    bound = evaluator.bound_frame(function, evaluator.arguments(call, frame))
    skipped = 1 if function.receiver is not None else 0
    positional = [*function.node.args.posonlyargs, *function.node.args.args][skipped:]
    given = {arg.arg: value for arg, value in zip(positional, call.args, strict=False)}
    given |= {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg is not None}
    wanted = [parameter for parameter, value in given.items() if dotted(value) == name]
    return flow.whole(evaluator, body, wanted[0], bound, lambda: old) if len(wanted) == 1 else None


def changed_elsewhere(item: DictObject) -> DictObject:
    """Return a dict that code which is not followed may have changed.

    Args:
        item: the dict.
    """
    why = "it is changed elsewhere"
    return DictObject({key: union([entry, unknown(why)]) for key, entry in item.entries.items()}, why)


def _mutated(evaluator: Evaluator, call: ast.Call, frame: Frame, before: Before) -> Value | None:
    old = before()
    if old is None or not any(isinstance(option.value, DictObject) for option in old.options):
        return old
    assert isinstance(call.func, ast.Attribute)
    if isinstance(call.func.value, ast.Subscript):
        first = evaluator.evaluate(_keys(call.func.value)[0], frame).known
        return _with_item(old, [first], unknown("it is changed"))
    given = evaluator.arguments(call, frame)
    if call.func.attr == "update":
        above = DictObject(given.keywords, given.open_keywords)
        if given.positional:
            above = overlaid(as_dict(given.positional[0]), above)
        return mapped(old, lambda item: overlaid(item, above) if isinstance(item, DictObject) else item)
    if call.func.attr == "clear":
        return Value.of(DictObject({}))
    key = given.get(0)
    text = key.known if key is not None else None
    if not isinstance(text, str):
        return mapped(
            old,
            lambda item: DictObject(item.entries, "a key of it is not known") if isinstance(item, DictObject) else item,
        )
    if call.func.attr == "pop":
        return _without(old, text)
    default = given.get(1) or Value.of(None)
    if call.func.attr == "setdefault":
        return mapped(
            old,
            lambda item: overlaid(DictObject({text: default}), item) if isinstance(item, DictObject) else item,
        )
    return old
