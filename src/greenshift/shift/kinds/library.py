"""What the libraries' functions and methods return, as far as the analysis follows it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from greenshift.shift.kinds.names import SQLALCHEMY
from greenshift.shift.kinds.shapes import ENTITY_FUNCTIONS, element_of_shape, row_of, shape_of
from greenshift.shift.kinds.values import (
    NOTHING,
    ClassValue,
    Collection,
    Connection,
    ContextManager,
    Engine,
    ExternalInstance,
    Instance,
    Query,
    Result,
    Session,
    SessionFactory,
    Statement,
    TestClientValue,
    Value,
    Values,
)

SESSION_CLASSES = {"Session"}
ASYNC_SESSION_CLASSES = {"AsyncSession"}
SESSION_COROUTINES = {
    "execute", "scalar", "scalars", "get", "get_one", "commit", "rollback", "flush", "refresh", "delete", "merge",
    "close", "connection", "exec", "begin", "begin_nested", "reset", "invalidate", "delete_all", "merge_all",
    "stream", "stream_scalars",
}  # fmt: skip

QUERY_RETURNS_QUERY = {
    "filter", "filter_by", "where", "join", "outerjoin", "options", "order_by", "limit", "offset", "slice", "group_by",
    "having", "distinct", "union", "union_all", "intersect", "except_", "select_from", "with_for_update", "yield_per",
    "enable_eagerloads", "populate_existing", "execution_options", "params", "correlate", "prefix_with", "suffix_with",
    "with_hint", "autoflush", "enable_assertions", "select_entity_from", "from_self", "reset_joinpoint", "with_session",
    "execution_option", "with_labels", "set_label_style", "from_statement", "autocommit", "with_lockmode",
    "with_parent", "only_return_tuples", "tuples",
}  # fmt: skip
STATEMENT_RETURNS_STATEMENT = QUERY_RETURNS_QUERY | {
    "values", "on_conflict_do_nothing", "on_conflict_do_update", "join_from", "outerjoin_from", "add_cte", "fetch",
    "returning", "correlate_except", "reduce_columns", "bindparams", "columns", "with_dialect_options", "from_select",
    "unique_params", "ordered_values",
}  # fmt: skip
LIST_METHODS = {"all", "fetchall", "fetchmany", "to_list"}
ONE_METHODS = {"first", "one", "one_or_none", "fetchone", "get"}
SCALAR_METHODS = {"scalar", "scalar_one", "scalar_one_or_none"}


def result_items(value: Query | Result) -> Values:
    """Return what iterating over a query or a result gives."""
    if isinstance(value, Query):
        return row_of(value.shape, value.site, scalars=False)
    if value.kind == "mappings":
        return NOTHING
    return row_of(value.shape, value.site, scalars=value.kind == "scalars", always_row=True)


def result_method(value: Query | Result, name: str) -> Values | None:
    """Return what a method of a query or a result gives; None for a method that it is not known to have."""
    items = result_items(value)
    if name in LIST_METHODS or (name in ("partitions", "yield_per") and isinstance(value, Result)):
        return frozenset({Collection(items)})
    if name in ONE_METHODS:
        return items
    if name in SCALAR_METHODS:
        return element_of_shape(value.shape[0], value.site) if value.shape else NOTHING
    if isinstance(value, Result):
        if name in ("scalars", "mappings"):
            return frozenset({Result(value.shape, name, value.site)})
        if name in ("unique", "tuples", "columns", "freeze", "execution_options", "t"):
            return frozenset({value})
        return None
    if name in QUERY_RETURNS_QUERY:
        return frozenset({value})
    if name in ("subquery", "cte", "as_scalar", "scalar_subquery", "exists", "label"):
        return frozenset({ExternalInstance(f"sqlalchemy.{name}")})
    if name in ("count", "update", "delete", "statement"):
        return NOTHING
    return None


def session_method(
    value: Session, name: str, call: ast.Call, arguments: Sequence[tuple[ast.expr, Values]]
) -> Values | None:
    """Return what a method of a session gives; None for a method that it is not known to have."""
    first = arguments[0][1] if arguments else NOTHING
    if name == "query":
        return frozenset({Query(shape_of(arguments), call)})
    if name in ("execute", "scalars", "scalar", "exec", "stream", "stream_scalars"):
        found: set[Value] = set()
        for statement in first:
            if isinstance(statement, Statement | Query):
                shape, site = statement.shape, statement.site
                if name == "scalar":
                    found |= element_of_shape(shape[0], site) if shape else NOTHING
                elif name in ("scalars", "stream_scalars") or (
                    name == "exec" and shape is not None and len(shape) == 1
                ):
                    found.add(Result(shape, "scalars", site))
                else:
                    found.add(Result(shape, "rows", site))
        if not found and name != "scalar":
            found.add(Result(None, "scalars" if "scalars" in name else "rows", call))
        return frozenset(found)
    if name == "object_session":
        return frozenset({Session(False)})
    if name in ("get", "get_one"):
        return frozenset(Instance(one.cls, call) for one in first if isinstance(one, ClassValue))
    if name == "merge":
        return frozenset(Instance(one.cls, call) for one in first if isinstance(one, Instance))
    if name in ("begin", "begin_nested"):
        return frozenset({ContextManager(frozenset({value}), opens=f"session.{name}")})
    if name == "connection":
        return frozenset({Connection(value.is_async)})
    if name in ("get_bind", "bind"):
        return frozenset({Engine(False)})
    if name == "close_all":
        return NOTHING
    return None


def engine_method(value: Engine | Connection, name: str, call: ast.Call, first: Values) -> Values | None:
    """Return what a method of an engine or a connection gives."""
    if isinstance(value, Engine):
        if name in ("connect", "begin"):
            connection: Values = frozenset({Connection(value.is_async)})
            found: set[Value] = {ContextManager(connection, opens=f"engine.{name}")}
            if name == "connect":
                found |= connection
            return frozenset(found)
        if name == "execution_options":
            return frozenset({value})
        return None
    if name in ("execute", "exec_driver_sql", "scalars"):
        shape = next((one.shape for one in first if isinstance(one, Statement)), None)
        return frozenset({Result(shape, "scalars" if name == "scalars" else "rows", call)})
    if name in ("begin", "begin_nested"):
        return frozenset({ContextManager(frozenset({value}), opens=f"connection.{name}")})
    if name == "execution_options":
        return frozenset({value})
    return None


def statement_method(value: Statement, name: str, arguments: Sequence[tuple[ast.expr, Values]]) -> Values | None:
    """Return what a method of a statement gives."""
    if name == "with_only_columns":
        return frozenset({Statement(value.verb, shape_of(arguments), value.site)})
    if name in ("add_columns", "column", "returning"):
        added = shape_of(arguments)
        base = () if name == "returning" else value.shape
        both = None if base is None or added is None else (*base, *added)
        return frozenset({Statement(value.verb, both, value.site)})
    if name in STATEMENT_RETURNS_STATEMENT:
        return frozenset({value})
    if name in ("subquery", "cte", "alias", "lateral", "scalar_subquery", "exists", "label"):
        return frozenset({ExternalInstance(f"sqlalchemy.{name}")})
    return None


def call_library(name: str, call: ast.Call, arguments: Sequence[tuple[ast.expr, Values]]) -> Values | None:
    """Return what calling a library's function or class gives, or None when it is not known specially.

    Args:
        name: The dotted name.
        call: The call.
        arguments: Its positional arguments with their values.
    """
    last = name.rpartition(".")[2]
    first = arguments[0][1] if arguments else NOTHING
    if name.partition(".")[0] in SQLALCHEMY:
        return _call_sqlalchemy(last, call, arguments, first)
    if last == "TestClient" and name.partition(".")[0] in ("fastapi", "starlette", "litestar"):
        return frozenset({TestClientValue(False, call)})
    if name in ("httpx.AsyncClient", "litestar.testing.AsyncTestClient"):
        return frozenset({TestClientValue(True)})
    passing = _PASSING.get(name)
    if passing is not None:
        return passing(first)
    return None


def _call_sqlalchemy(
    last: str, call: ast.Call, arguments: Sequence[tuple[ast.expr, Values]], first: Values
) -> Values | None:
    if last in ("create_engine", "engine_from_config"):
        return frozenset({Engine(False)})
    if last in ("create_async_engine", "async_engine_from_config", "AsyncEngine"):
        return frozenset({Engine(True)})
    if last in ("sessionmaker", "async_sessionmaker"):
        asynchronous = last == "async_sessionmaker" or any(
            keyword.arg == "class_" and isinstance(keyword.value, ast.Name) and keyword.value.id == "AsyncSession"
            for keyword in call.keywords
        )
        return frozenset({SessionFactory(asynchronous)})
    if last in ("scoped_session", "async_scoped_session"):
        return frozenset({SessionFactory(last.startswith("async"), is_scoped=True)})
    if last in SESSION_CLASSES:
        return frozenset({Session(False)})
    if last in ASYNC_SESSION_CLASSES:
        return frozenset({Session(True)})
    if last == "select":
        return frozenset({Statement("select", shape_of(arguments), call)})
    if last in ("insert", "update", "delete", "text"):
        return frozenset({Statement(last, (), call)})
    if last in ("union", "union_all", "intersect", "except_"):
        shape = next((one.shape for one in first if isinstance(one, Statement)), None)
        return frozenset({Statement("select", shape, call)})
    if last in ENTITY_FUNCTIONS:
        aliases = frozenset(ClassValue(one.cls, is_alias=True) for one in first if isinstance(one, ClassValue))
        return aliases or None
    if last == "object_session":
        return frozenset({Session(False)})
    if last == "Query":
        return frozenset({Query(shape_of(arguments), call)})
    return None


def _same(values: Values) -> Values:
    return values


def _iterable(values: Values) -> Values:
    return frozenset({Collection(frozenset().union(*(items_of(value) for value in values)))}) if values else NOTHING


def _closing(values: Values) -> Values:
    return frozenset({ContextManager(values, opens="session.closing")}) if values else NOTHING


def _nothing_around(values: Values) -> Values:
    return frozenset({ContextManager(values)}) if values else NOTHING


def _item(values: Values) -> Values:
    return frozenset().union(*(items_of(value) for value in values))


def items_of(value: Value) -> Values:
    """Return what iterating over a value gives, for values that need no function of the application."""
    if isinstance(value, Collection):
        return value.of if value.kind == "iterable" else NOTHING
    if isinstance(value, Query | Result):
        return result_items(value)
    return NOTHING


_PASSING: dict[str, Callable[[Values], Values]] = {
    "builtins.list": _iterable,
    "builtins.tuple": _iterable,
    "builtins.set": _iterable,
    "builtins.frozenset": _iterable,
    "builtins.sorted": _iterable,
    "builtins.reversed": _iterable,
    "builtins.iter": _iterable,
    "builtins.next": _item,
    "builtins.max": _item,
    "builtins.min": _item,
    "contextlib.closing": _closing,
    "contextlib.nullcontext": _nothing_around,
    "typing.cast": _same,
    "copy.copy": _same,
    "copy.deepcopy": _same,
}
