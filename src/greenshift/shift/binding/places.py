"""Where values are given to columns: keys, constructors, attributes, comparisons, UPDATE and INSERT."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from greenshift.shift.binding.columns import defaults_of, key_of
from greenshift.shift.kinds import Kinds
from greenshift.shift.kinds.values import ClassValue, Instance, Query, Session, Statement, Values
from greenshift.shift.project import Class, Module

Given = tuple[ast.expr, Class, str]
"""A value, and the mapped class and attribute that it is given to."""


def defaults(kinds: Kinds, module: Module) -> Iterator[Given]:
    """Yield what the columns of a module's classes are given by default.

    Args:
        kinds: The analysis.
        module: The module.
    """
    for cls in module.classes:
        for name, value in defaults_of(cls):
            if is_mapped(kinds, cls):
                yield value, cls, name


def given_values(kinds: Kinds, module: Module) -> Iterator[Given]:
    """Yield what a module's code gives to columns.

    Args:
        kinds: The analysis.
        module: The module.
    """
    for node in module.source.nodes:
        if isinstance(node, ast.Call):
            yield from _call(kinds, node)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Attribute):
                    for cls in _instances(kinds, kinds.values(target.value)):
                        yield node.value, cls, target.attr
        elif isinstance(node, ast.Compare) and len(node.ops) == 1:
            left, right = node.left, node.comparators[0]
            for column, value in ((left, right), (right, left)):
                for cls, name in _columns(kinds, column):
                    yield value, cls, name


def _call(kinds: Kinds, node: ast.Call) -> Iterator[Given]:
    function = node.func
    for value in kinds.values(function):
        if isinstance(value, ClassValue) and kinds.classes.is_model(value.cls):
            yield from _keywords(node, [value.cls])
    if not isinstance(function, ast.Attribute):
        return
    if function.attr == "get" and len(node.args) > 1 and kinds.is_a(function.value, Session):
        yield from _key(kinds, node.args[0], node.args[1])
    elif function.attr == "in_" and node.args and isinstance(node.args[0], ast.List | ast.Tuple | ast.Set):
        for cls, name in _columns(kinds, function.value):
            for one in node.args[0].elts:
                yield one, cls, name
    elif function.attr in ("filter_by", "values", "update", "get"):
        models = _models(kinds, kinds.values(function.value))
        if function.attr == "get" and node.args:
            for cls in models:
                key = key_of(kinds.classes, cls)
                if key is not None:
                    yield node.args[0], cls, key
        elif function.attr != "get":
            yield from _keywords(node, models)
            for argument in node.args:
                if isinstance(argument, ast.Dict):
                    yield from _dictionary(kinds, argument, models)


def _key(kinds: Kinds, entity: ast.expr, value: ast.expr) -> Iterator[Given]:
    for one in kinds.values(entity):
        if isinstance(one, ClassValue):
            key = key_of(kinds.classes, one.cls)
            if key is not None:
                yield value, one.cls, key


def _keywords(node: ast.Call, models: list[Class]) -> Iterator[Given]:
    for keyword in node.keywords:
        for cls in models if keyword.arg else ():
            yield keyword.value, cls, str(keyword.arg)


def _dictionary(kinds: Kinds, node: ast.Dict, models: list[Class]) -> Iterator[Given]:
    for key, value in zip(node.keys, node.values, strict=True):
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            for cls in models:
                yield value, cls, key.value
        elif key is not None:
            for cls, name in _columns(kinds, key):
                yield value, cls, name


def _columns(kinds: Kinds, node: ast.expr) -> Iterator[tuple[Class, str]]:
    """``Item.price``."""
    if isinstance(node, ast.Attribute):
        for value in kinds.values(node.value):
            if isinstance(value, ClassValue) and kinds.classes.is_model(value.cls):
                yield value.cls, node.attr


def is_mapped(kinds: Kinds, cls: Class) -> bool:
    """Whether a class is mapped, or a base of mapped classes that declares columns for them.

    Args:
        kinds: The analysis.
        cls: The class.
    """
    return any(kinds.classes.is_model(one) for one in [cls, *kinds.classes.below(cls)])


def _instances(kinds: Kinds, values: Values) -> list[Class]:
    return [one.cls for one in values if isinstance(one, Instance) and is_mapped(kinds, one.cls)]


def _models(kinds: Kinds, values: Values) -> list[Class]:
    """The mapped class that a query or statement is of, if it is one."""
    found = []
    for one in values:
        if isinstance(one, Query | Statement) and one.shape and isinstance(one.shape[0], Class):
            found.append(one.shape[0])
        elif isinstance(one, Statement) and isinstance(one.site, ast.Call) and one.site.args:
            entity = kinds.values(one.site.args[0])  # `update(Item)` and `insert(Item)` give no rows.
            found += [of.cls for of in entity if isinstance(of, ClassValue)]
    return found
