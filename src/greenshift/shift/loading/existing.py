"""Loader options that a statement has already."""

from __future__ import annotations

import ast
from collections.abc import Collection
from dataclasses import dataclass, field

from greenshift.shift.kinds import Kinds
from greenshift.shift.kinds.attributes import LONGEST_PATH
from greenshift.shift.kinds.cells import Unit
from greenshift.shift.kinds.touches import QUERY_TERMINALS
from greenshift.shift.kinds.values import Query, Statement
from greenshift.shift.loading.paths import Path

LOADING = {"joinedload", "selectinload", "subqueryload", "immediateload", "contains_eager", "eagerload"}
PASSING = {"defaultload"}
REFUSING = {"lazyload", "noload", "raiseload"}


@dataclass
class ExistingOptions:
    """The options of one site's statements.

    Attributes:
        loaded: Paths that are loaded eagerly.
        refused: Paths that the author wants lazy, empty or raising.
        calls: The ``.options(...)`` calls.
        whole: Paths that make up a whole argument, with that argument: a chain may go on behind it.
    """

    loaded: set[Path] = field(default_factory=set)
    refused: set[Path] = field(default_factory=set)
    calls: list[ast.Call] = field(default_factory=list)
    whole: dict[Path, ast.Call] = field(default_factory=dict)


def existing_options(kinds: Kinds) -> dict[ast.AST, ExistingOptions]:
    """Return the loader options of every statement, by the call that begins the statement.

    Args:
        kinds: The analysis of the project.
    """
    found: dict[ast.AST, ExistingOptions] = {}
    # What a function adds to a statement that it was given holds for that function alone.
    added: dict[ast.AST, dict[Unit, ExistingOptions]] = {}
    for module in kinds.project.modules:
        for node in kinds.calls(module):
            if isinstance(node.func, ast.Attribute) and node.func.attr == "options":
                for value in kinds.values(node.func.value):
                    if not isinstance(value, Statement | Query):
                        continue
                    unit = kinds.unit(node)
                    into = found.setdefault(value.site, ExistingOptions())
                    if unit is not None and unit is not kinds.unit(value.site):
                        into = added.setdefault(value.site, {}).setdefault(unit, ExistingOptions())
                    _read(into, node, node.args)
            else:
                for keyword in node.keywords:
                    if keyword.arg == "options" and isinstance(keyword.value, ast.List | ast.Tuple):
                        _read(found.setdefault(node, ExistingOptions()), node, keyword.value.elts)
    executed = _executing_units(kinds, added)
    for site, by_unit in added.items():
        own = found[site]
        everywhere = executed.get(site) or set(by_unit)
        if everywhere <= set(by_unit):
            own.loaded |= set.intersection(*(by_unit[unit].loaded for unit in everywhere))
        for one in by_unit.values():
            own.refused |= one.refused
    return found


def _executing_units(kinds: Kinds, sites: Collection[ast.AST]) -> dict[ast.AST, set[Unit]]:
    """The functions that execute statements, or hand them to what is no function of the application."""
    found: dict[ast.AST, set[Unit]] = {}
    for module in kinds.project.modules if sites else ():
        for call in kinds.calls(module):
            unit = kinds.unit(call)
            if unit is None or kinds.targets(call):
                continue
            given = list(call.args)
            if isinstance(call.func, ast.Attribute) and call.func.attr in QUERY_TERMINALS:
                given.append(call.func.value)
            for argument in given:
                for value in kinds.values(argument):
                    if isinstance(value, Statement | Query) and value.site in sites:
                        found.setdefault(value.site, set()).add(unit)
    return found


def _read(into: ExistingOptions, call: ast.Call, arguments: list[ast.expr]) -> None:
    if call not in into.calls:
        into.calls.append(call)
    for argument in arguments:
        path = _chain(into, argument)
        if path and isinstance(argument, ast.Call):
            into.whole[path] = argument


def _chain(into: ExistingOptions, node: ast.expr, prefix: Path = ()) -> Path:
    """Read one option, ``joinedload(A.items).selectinload(Item.owner)``; return its path."""
    if not isinstance(node, ast.Call):
        return prefix
    before = prefix
    if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Call):
        before = _chain(into, node.func.value, prefix)
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name == "options":
        for argument in node.args:
            _chain(into, argument, before)
        return before
    if name not in LOADING | PASSING | REFUSING or not node.args:
        return before
    path = before
    for argument in node.args:
        attribute = argument
        while isinstance(attribute, ast.Call) and isinstance(attribute.func, ast.Attribute):
            # A.items.and_(...), A.items.of_type(...)
            attribute = attribute.func.value
        if isinstance(attribute, ast.Attribute):
            path = (*path, attribute.attr)
        elif isinstance(attribute, ast.Constant) and isinstance(attribute.value, str):
            path = (*path, *attribute.value.split("."))
        if name in LOADING:
            into.loaded.add(path)
            if path and any(keyword.arg == "recursion_depth" for keyword in node.keywords):
                into.loaded |= {(*path, *(path[-1],) * times) for times in range(1, LONGEST_PATH + 2)}
        elif name in REFUSING:
            into.refused.add(path)
    return path
