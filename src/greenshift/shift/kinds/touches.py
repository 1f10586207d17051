"""Where the code itself talks to the database, seen from the kinds of receivers."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from greenshift.shift.kinds.analysis import Kinds
from greenshift.shift.kinds.annotations import own_nodes
from greenshift.shift.kinds.library import SESSION_COROUTINES as SESSION_COROUTINES
from greenshift.shift.kinds.metadata import is_metadata_call
from greenshift.shift.kinds.row_factories import creates_rows
from greenshift.shift.kinds.values import (
    Connection,
    ContextManager,
    Engine,
    Query,
    Session,
    SessionFactory,
    SessionMethod,
    TestClientValue,
    Value,
)
from greenshift.shift.project import Function, Module

SESSION_SYNC_ONLY = {
    "query", "bulk_save_objects", "bulk_insert_mappings", "bulk_update_mappings", "prepare",
    "enable_relationship_loading",
}  # fmt: skip
"""Methods that ``AsyncSession`` lacks: they run through ``run_sync``."""
SCOPED_COROUTINES = {"remove"}
CONNECTION_COROUTINES = {
    "execute", "scalar", "scalars", "exec_driver_sql", "commit", "rollback", "close", "begin", "begin_nested",
    "invalidate", "start",
}  # fmt: skip
TRANSACTION_COROUTINES = {"commit", "rollback", "close"}
ENGINE_COROUTINES = {"dispose", "connect", "begin", "raw_connection"}
CLIENT_COROUTINES = {"get", "post", "put", "patch", "delete", "head", "options", "request", "send", "close"}
QUERY_TERMINALS = {
    "all", "first", "one", "one_or_none", "scalar", "get", "count", "update", "delete", "__iter__",
}  # fmt: skip
MIGRATING = {"upgrade", "downgrade"}


@dataclass(frozen=True, slots=True)
class Touch:
    """An expression that sends something to the database (or to the application under test).

    Attributes:
        node: The call, the ``with`` item's expression or the iterated query.
        module: Where it stands.
        what: ``session``, ``connection``, ``engine``, ``query``, ``metadata``, ``client``, ``bulk``
            or ``factory`` (of factory_boy).
        method: The method, ``with`` or ``for``.
        form: ``await``, ``async with``, ``bridge`` (no async form exists) or ``other`` (another fixer writes it).
    """

    node: ast.expr
    module: Module
    what: str
    method: str
    form: str


def touches(kinds: Kinds, module: Module) -> Iterator[Touch]:
    """Yield the places of a module that talk to the database through a sync object.

    Args:
        kinds: The analysis.
        module: The module.
    """
    contexts: set[ast.expr] = set()
    for node in module.source.nodes:
        if isinstance(node, ast.With):
            for item in node.items:
                touch = _with(kinds, module, item.context_expr)
                if touch is not None:
                    contexts.add(item.context_expr)
                    yield touch
    for node in module.source.nodes:
        if isinstance(node, ast.Call) and node not in contexts:
            touch = _call(kinds, module, node)
            if touch is not None:
                yield touch
        elif isinstance(node, ast.For | ast.comprehension):
            yield from _iteration(kinds, module, node.iter)
        elif isinstance(node, ast.Subscript) and any(isinstance(one, Query) for one in kinds.values(node.value)):
            yield Touch(node, module, "query", "[]", "bridge")


def _with(kinds: Kinds, module: Module, node: ast.expr) -> Touch | None:
    function = node.func if isinstance(node, ast.Call) else None
    if isinstance(function, ast.Attribute) and function.attr == "stream":
        for value in kinds.values(function.value):
            if isinstance(value, TestClientValue) and not value.is_async:
                return Touch(node, module, "client", "stream", "async with")
    for value in kinds.values(node):
        if isinstance(value, Session) and not value.is_async:
            if isinstance(node, ast.Attribute) and node.attr == "no_autoflush":
                continue
            return Touch(node, module, "session", "with", "async with")
        if isinstance(value, ContextManager) and value.opens is not None and _sync_receiver(kinds, node):
            return Touch(node, module, value.opens.partition(".")[0], value.opens, "async with")
        if isinstance(value, TestClientValue) and not value.is_async:
            return Touch(node, module, "client", "with", "async with")
        if isinstance(value, Connection) and not value.is_async and not isinstance(node, ast.Call):
            return Touch(node, module, "connection", "with", "async with")
    return None


def _sync_receiver(kinds: Kinds, node: ast.expr) -> bool:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return any(_is_sync(value) for value in kinds.values(node.func.value))
    return any(_is_sync(one) for value in kinds.values(node) if isinstance(value, ContextManager) for one in value.of)


def _is_sync(value: Value) -> bool:
    kinds = Session | SessionFactory | Engine | Connection | TestClientValue
    return isinstance(value, kinds) and not value.is_async


PAGINATION = {"fastapi_pagination.ext.sqlalchemy.paginate", "fastapi_pagination.ext.sqlmodel.paginate"}
"""Functions that execute a statement on the session that they are given."""


def _call(kinds: Kinds, module: Module, node: ast.Call) -> Touch | None:
    if is_metadata_call(kinds, node):
        return Touch(node, module, "metadata", getattr(node.func, "attr", ""), "other")
    if creates_rows(kinds, node):
        return Touch(node, module, "factory", "create", "bridge")
    given = kinds.values(node.args[0]) if node.args else ()
    is_given_session = any(isinstance(one, Session) and not one.is_async for one in given)
    if is_given_session and kinds.library_name(module, node.func) in PAGINATION:
        # It gives a coroutine where it is given an async session.
        return Touch(node, module, "session", "paginate", "await")
    if isinstance(node.func, ast.Name):
        for value in kinds.values(node.func):
            if isinstance(value, SessionMethod) and not value.session.is_async:
                return Touch(node, module, "session", value.name, "await")
        if node.func.id in ("list", "set", "tuple", "sorted") and node.args:
            first = node.args[0]
            if any(isinstance(one, Query) for one in kinds.values(first)):
                return Touch(node, module, "query", "iteration", "bridge")
        return None
    if not isinstance(node.func, ast.Attribute):
        chosen = node.func.args[:1] if isinstance(node.func, ast.Call) else []
        if any(isinstance(one, TestClientValue) and not one.is_async for part in chosen for one in kinds.values(part)):
            return Touch(node, module, "client", "getattr", "await")
        return None
    name = node.func.attr
    if name in MIGRATING and _on_replaced_bind(kinds, module, node):
        return Touch(node, module, "connection", name, "bridge")
    for value in kinds.values(node.func.value):
        if isinstance(value, Query) and name in QUERY_TERMINALS:
            return Touch(node, module, "query", name, "bridge")
        # A transaction that was begun without `with`.
        begun = isinstance(value, ContextManager) and "begin" in (value.opens or "") and any(map(_is_sync, value.of))
        if begun and name in TRANSACTION_COROUTINES:
            return Touch(node, module, "connection", name, "await")
        if not _is_sync(value):
            continue
        if isinstance(value, Session) or (isinstance(value, SessionFactory) and value.is_scoped):
            if name in SESSION_COROUTINES or (isinstance(value, SessionFactory) and name in SCOPED_COROUTINES):
                return Touch(node, module, "session", name, "await")
            if name in SESSION_SYNC_ONLY and name != "query":
                return Touch(node, module, "bulk", name, "bridge")
        elif isinstance(value, Connection) and name in CONNECTION_COROUTINES:
            return Touch(node, module, "connection", name, "await")
        elif isinstance(value, Engine) and name in ENGINE_COROUTINES:
            return Touch(node, module, "engine", name, "await")
        elif isinstance(value, TestClientValue) and name in CLIENT_COROUTINES:
            return Touch(node, module, "client", name, "await")
    return None


def _on_replaced_bind(kinds: Kinds, module: Module, node: ast.Call) -> bool:
    """Whether a test runs a migration after it has put a session's connection behind ``op.get_bind``."""
    unit = kinds.unit(node)
    if not isinstance(unit, Function) or "get_bind" not in module.source.text or kinds.targets(node):
        return False
    for call in own_nodes(unit.node):
        if isinstance(call, ast.Call) and len(call.args) > 1 and isinstance(call.args[1], ast.Constant):
            named = module.imports.get(call.args[0].id) if isinstance(call.args[0], ast.Name) else None
            # By the import alone: the folder of an application's migrations is often called alembic, too.
            is_op = named is not None and (named.module, named.name) == ("alembic", "op")
            if is_op and call.args[1].value == "get_bind":
                given = [one.body if isinstance(one, ast.Lambda) else one for one in call.args[2:]]
                if any(kinds.is_a(one, Connection) for one in given):
                    return True
    return False


def _iteration(kinds: Kinds, module: Module, node: ast.expr) -> Iterator[Touch]:
    if any(isinstance(value, Query) for value in kinds.values(node)):
        yield Touch(node, module, "query", "for", "bridge")
