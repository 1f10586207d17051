"""Calls that create or drop tables: ``Base.metadata.create_all(engine)`` and its relatives."""

from __future__ import annotations

import ast

from greenshift.shift.kinds.analysis import Kinds
from greenshift.shift.kinds.values import Connection, Engine, External, ExternalInstance, FunctionValue, Instance

METADATA_METHODS = {"create_all", "drop_all", "reflect"}
TABLE_METHODS = {"create", "drop"}


def metadata_bind(call: ast.Call) -> ast.expr | None:
    """Return the argument of a metadata call that is its engine or connection.

    Args:
        call: A call for which ``is_metadata_call`` holds.
    """
    for keyword in call.keywords:
        if keyword.arg == "bind":
            return keyword.value
    if call.args and not isinstance(call.args[0], ast.Starred):
        return call.args[0]
    return None


def is_metadata_call(kinds: Kinds, call: ast.Call) -> bool:
    """Whether a call creates, drops or reflects tables, and so does input and output.

    So does inspecting an engine or a connection. ``flip/create_all.py`` and ``flip/inspecting.py`` rewrite such a call
    as a whole, with its ``await`` and its ``async with``: nobody else inserts anything at it.

    Args:
        kinds: The analysis.
        call: The call.
    """
    if is_inspection(kinds, call):
        return True
    function = call.func
    if not isinstance(function, ast.Attribute) or function.attr not in METADATA_METHODS | TABLE_METHODS:
        return False
    if kinds.targets(call):
        return False
    bind = metadata_bind(call)
    if bind is None:
        return False
    if kinds.is_a(function.value, Instance, FunctionValue) and not _names_metadata(function.value):
        return False
    bound = kinds.is_a(bind, Engine, Connection)
    if function.attr in TABLE_METHODS:
        # What is given an engine to be created, and comes from nowhere known, comes out of the metadata.
        is_unknown = isinstance(function.value, ast.Name) and not kinds.values(function.value)
        return bound and (is_unknown or _names_table(function.value) or _is_external(kinds, function.value, "Table"))
    return bound or _names_metadata(function.value) or _is_external(kinds, function.value, "MetaData")


def is_creation_method(node: ast.expr) -> bool:
    """Whether an expression is ``Base.metadata.create_all`` or ``drop_all``, to be called by ``run_sync``."""
    return isinstance(node, ast.Attribute) and node.attr in ("create_all", "drop_all") and _names_metadata(node.value)


def is_inspection(kinds: Kinds, call: ast.Call) -> bool:
    """Whether a call is ``inspect(engine)`` or ``inspect(connection)``.

    Args:
        kinds: The analysis.
        call: The call.
    """
    if not call.args or not kinds.is_a(call.args[0], Engine, Connection):
        return False
    return any(
        isinstance(value, External) and value.name in ("sqlalchemy.inspect", "sqlalchemy.inspection.inspect")
        for value in kinds.values(call.func)
    ) or _is_inspector(kinds, call.func)


def _is_inspector(kinds: Kinds, node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "from_engine" and _is_external(kinds, node, "from_engine")


def _names_metadata(node: ast.expr) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return name == "metadata" or name.endswith("_metadata")


def _names_table(node: ast.expr) -> bool:
    if isinstance(node, ast.Subscript):
        # Base.metadata.tables["users"]
        return isinstance(node.value, ast.Attribute) and node.value.attr == "tables"
    return isinstance(node, ast.Attribute) and node.attr == "__table__"


def _is_external(kinds: Kinds, node: ast.expr, last: str) -> bool:
    return any(
        isinstance(value, External | ExternalInstance) and value.name.rpartition(".")[2] == last
        for value in kinds.values(node)
    )
