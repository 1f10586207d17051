"""The expressions that bring instances into a program: statements, ``get``, constructors."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Literal

from greenshift.shift.kinds import Kinds
from greenshift.shift.kinds.row_factories import plain_factory, row_factory
from greenshift.shift.kinds.values import ClassValue, Collection, Instance, Query, Session, Statement
from greenshift.shift.project import Class, Module

SiteKind = Literal["statement", "get", "merge", "constructor", "factory", "async", "other"]


@dataclass(frozen=True, slots=True)
class Site:
    """An expression that instances come from.

    Attributes:
        node: The call.
        module: Where it stands.
        kind: ``statement`` (``select(...)`` or ``query(...)``), ``get``, ``merge``, ``constructor``,
            ``factory`` (of factory_boy), ``async`` or ``other``.
        roots: The mapped classes that it gives, with the expression that names each one there.
    """

    node: ast.Call
    module: Module
    kind: SiteKind
    roots: tuple[tuple[Class, ast.expr | None], ...]


def site_of(kinds: Kinds, node: ast.AST) -> Site | None:
    """Return what kind of site an instance's ``site`` is.

    Args:
        kinds: The analysis of the project.
        node: ``Instance.site``.
    """
    module = kinds.module_by_node.get(node)
    if module is None or not isinstance(node, ast.Call):
        return None
    values = kinds.values(node)
    for value in values:
        if isinstance(value, Statement | Query):
            return Site(node, module, "statement", _named(kinds, node.args))
    if isinstance(node.func, ast.Attribute) and kinds.is_session(node.func.value):
        if any(isinstance(value, Session) and value.is_async for value in kinds.values(node.func.value)):
            # It is async already: its author saw to the loading.
            return Site(node, module, "async", ())
        if node.func.attr in ("get", "get_one"):
            return Site(node, module, "get", _named(kinds, node.args[:1]))
        if node.func.attr == "merge":
            merged = {value.cls for value in values if isinstance(value, Instance)}
            return Site(node, module, "merge", tuple((cls, None) for cls in merged))
        return Site(node, module, "other", ())
    factory, is_plain = row_factory(kinds, node), plain_factory(kinds, node)
    if factory is not None or is_plain:
        made = {value.cls for value in values if isinstance(value, Instance)}
        made |= {
            one.cls
            for value in values
            if isinstance(value, Collection)
            for one in value.of
            if isinstance(one, Instance)
        }
        return Site(node, module, "constructor" if is_plain else "factory", tuple((cls, None) for cls in made))
    constructed = [value for value in kinds.values(node.func) if isinstance(value, ClassValue)]
    if constructed:
        return Site(node, module, "constructor", tuple((one.cls, None) for one in constructed))
    return Site(node, module, "other", ())


def _named(kinds: Kinds, arguments: list[ast.expr]) -> tuple[tuple[Class, ast.expr | None], ...]:
    found: list[tuple[Class, ast.expr | None]] = []
    for argument in arguments:
        classes = {value.cls for value in kinds.values(argument) if isinstance(value, ClassValue)}
        if len(classes) == 1:
            found.append((classes.pop(), argument))
    return tuple(found)
