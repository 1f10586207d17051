"""What was really built: an engine, its pool and its dialect; a session factory."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sqlalchemy import Engine as BuiltEngine
from sqlalchemy.engine.events import ConnectionEvents, DialectEvents
from sqlalchemy.event import Events
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker
from sqlalchemy.orm import Session, scoped_session, sessionmaker
from sqlalchemy.pool.events import PoolEvents

from greenshift.check.facts import Engine, EngineKind, Scope, SessionFactory, Symbol, Value
from greenshift.check.live import internals
from greenshift.check.live.connecting import driver_arguments
from greenshift.check.live.frames import is_users, relative
from greenshift.check.live.pool_arguments import pool_arguments
from greenshift.check.live.target import Target
from greenshift.check.live.values import symbol_of, url_value, value_of
from greenshift.report.findings import Place

# What a pool or an engine is made with if nothing is given; rules ask for what was given.
_DEFAULTS: Final[Mapping[str, Any]] = {
    "pool_use_lifo": False,
    "pool_reset_on_return": "rollback",
    "pool_recycle": -1,
    "pool_pre_ping": False,
    "echo_pool": None,
}
_QUEUE: Final[Mapping[str, Any]] = {"pool_size": 5, "max_overflow": 10, "pool_timeout": 30}
_OF_FIVE: Final = ("QueuePool", "AsyncAdaptedQueuePool", "FallbackAsyncAdaptedQueuePool", "SingletonThreadPool")
_FACTORIES: Final = (Session.__module__, AsyncSession.__module__)
_MADE_BY_CREATE_ENGINE: Final = "sqlalchemy.engine.create"


def look_at_engine(built: BuiltEngine | AsyncEngine, target: Target, root: str) -> Engine:
    """Return an engine as it was built.

    Args:
        built: the engine.
        target: what it was named as.
        root: the folder that paths are relative to.
    """
    kind: EngineKind = "async" if isinstance(built, AsyncEngine) else "sync"
    engine = built.sync_engine if isinstance(built, AsyncEngine) else built
    bare = Engine(
        kind, target.attribute, "create_async_engine" if kind == "async" else "create_engine",
        _place(target, root), Scope.MODULE, url_value(engine.url), is_live=True,
    )  # fmt: skip
    arguments: dict[str, Value] = {}
    pool = Value.of(symbol_of(type(engine.pool)))
    if pool.known != bare.pool_class.known:
        arguments["poolclass"] = pool
    unseen = ""
    made_with = pool_arguments(engine.pool)
    if made_with is None:
        unseen = f"{type(engine.pool).__name__} does not show what it was made with"
    else:
        creator = made_with["creator"]
        if getattr(creator, "__module__", "") == _MADE_BY_CREATE_ENGINE:
            arguments |= _connect_arguments(engine)
        else:
            arguments["async_creator" if kind == "async" else "creator"] = Value(
                unknown="a function of the application's"
            )
        for name, given in made_with.items():
            if name != "creator" and not _is_default(bare, arguments, name, given):
                arguments[name] = value_of(given)
    level = internals.isolation_level(engine.dialect)
    if level is not None:
        arguments["isolation_level"] = Value.of(level)
    if engine.echo:
        arguments["echo"] = value_of(engine.echo)
    if engine.hide_parameters:
        arguments["hide_parameters"] = Value.of(True)
    options = dict(engine.get_execution_options())
    if options:
        arguments["execution_options"] = value_of(options)
    return Engine(
        kind, bare.name, bare.made_by, bare.place, bare.scope, bare.url, arguments, unseen,
        is_live=True, listeners=_listeners(engine),
    )  # fmt: skip


def look_at_factory(
    built: sessionmaker[Any] | async_sessionmaker[Any] | scoped_session[Any],
    target: Target,
    engine: Engine | None,
    root: str,
) -> SessionFactory:
    """Return a session factory as it was made.

    Args:
        built: the factory.
        target: what it was named as.
        engine: the engine that it is bound to.
        root: the folder that paths are relative to.
    """
    factory = maker(built)
    is_async = isinstance(factory, async_sessionmaker) or issubclass(factory.class_, AsyncSession)
    arguments = {
        name: value_of(given)
        for name, given in factory.kw.items()
        if name not in ("bind", "binds", "info") and not (name in ("autoflush", "expire_on_commit") and given is True)
    }
    given_class = factory.class_
    if given_class.__module__ in _FACTORIES and given_class not in (Session, AsyncSession):
        # A sessionmaker makes a class of its own below the one that it was given.
        given_class = given_class.__mro__[1]
    if given_class not in (Session, AsyncSession):
        arguments["class_"] = Value.of(symbol_of(given_class))
    elif is_async and not isinstance(factory, async_sessionmaker):
        arguments["class_"] = Value.of(symbol_of(AsyncSession))
    return SessionFactory(
        "async" if is_async else "sync", target.attribute, type(factory).__name__, _place(target, root), Scope.MODULE,
        engine, arguments, is_live=True,
    )  # fmt: skip


def maker(built: Any) -> Any:
    """Return the factory that a ``scoped_session`` calls; others as they are."""
    return built.session_factory if isinstance(built, scoped_session) else built


def _is_default(engine: Engine, given_yet: Mapping[str, Value], name: str, given: Any) -> bool:
    if name in _DEFAULTS:
        return bool(given == _DEFAULTS[name])
    pool = given_yet.get("poolclass", engine.pool_class)
    if isinstance(pool.known, Symbol) and pool.known.last in _OF_FIVE:
        return name in _QUEUE and bool(given == _QUEUE[name])
    return False


def _connect_arguments(engine: BuiltEngine) -> dict[str, Value]:
    """Return ``connect_args``: what the driver gets beyond what the URL says."""
    handed = driver_arguments(engine)
    if handed is None:
        return {"connect_args": Value(unknown="the engine does not get so far as to connect")}
    from_url = engine.dialect.create_connect_args(engine.url)[1]
    own = {name: item for name, item in handed[1].items() if name not in from_url or from_url[name] != item}
    return {"connect_args": value_of(own)} if own else {}


def _listeners(engine: BuiltEngine) -> dict[str, tuple[Symbol, ...]]:
    found: dict[str, tuple[Symbol, ...]] = {}
    groups: tuple[tuple[Any, type[Events[Any]]], ...] = (
        (engine, ConnectionEvents), (engine.dialect, DialectEvents), (engine.pool, PoolEvents),
    )  # fmt: skip
    for target, events in groups:
        for name, function in internals.listeners(target, events):
            found[name] = (*found.get(name, ()), symbol_of(function))
    return found


def _place(target: Target, root: str) -> Place:
    """Return where a module assigns a name, or that name where it does not."""
    module = sys.modules.get(target.module)
    try:
        file = inspect.getsourcefile(module) if module is not None else None
        source = inspect.getsource(module) if module is not None else ""
        tree = ast.parse(source)
    except (OSError, TypeError, SyntaxError):
        file = None
    if file is None or not is_users(file):
        return Place(str(target))
    for node in _outside_functions(tree):
        names = (
            [node.target] if isinstance(node, ast.AnnAssign) else node.targets if isinstance(node, ast.Assign) else []
        )
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        for name in names:
            if isinstance(name, ast.Name) and name.id == target.attribute and isinstance(value, ast.Call):
                return Place(
                    relative(file, root), value.lineno, value.col_offset + 1,
                    value.end_lineno or value.lineno, (value.end_col_offset or 0) + 1,
                )  # fmt: skip
    return Place(str(target))


def _outside_functions(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the statements that run when a module is imported, in ``if``, ``try`` and ``with`` too."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt | ast.excepthandler) and not isinstance(
            child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
        ):
            yield child
            yield from _outside_functions(child)
