"""A template, or rows on top of one, made by a function of the user's."""

from __future__ import annotations

import asyncio
import inspect
import threading
import typing
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from greenshift.definitions.extensions import extensions_created
from greenshift.definitions.failure import described_with_location
from greenshift.definitions.load import load_object
from greenshift.definitions.modules import sources_of
from greenshift.definitions.source import (
    BuildTarget,
    Definition,
    async_url,
    digest,
    sync_url,
)
from greenshift.errors import ConfigurationError
from greenshift.postgres.errors import TemplateError

_SYNC_KINDS: tuple[type, ...] = (Session, Engine, Connection)
_ASYNC_KINDS: tuple[type, ...] = (AsyncSession, AsyncEngine, AsyncConnection)


def from_callable(path: str, *, key: str = "setup") -> Definition:
    """Define a template by a function of one argument, called on an empty database and committed afterwards.

    The function gets what its parameter's annotation says: ``Session``, ``Connection`` or ``Engine``, or, where it is
    a coroutine function, ``AsyncSession``, ``AsyncConnection`` or ``AsyncEngine``. Without an annotation it gets a
    ``Connection`` or an ``AsyncConnection``. A coroutine function runs in a loop and a thread of its own.

    The fingerprint covers the source of the function's module and of the project modules that it imports. Files that
    the function reads are not seen.

    Args:
        path: ``module:function``.
        key: the key in ``[tool.greenshift]``, for messages.

    Raises:
        ConfigurationError: the function cannot be imported or cannot be called in this way.
    """
    function = load_object(path, key=key)
    if not callable(function):
        raise ConfigurationError(
            f"{key} = {path!r} names a {type(function).__name__}", "name a function of one argument"
        )
    label = f"{key} {path}"
    kind = _kind(function, label)
    sources = sources_of(path.partition(":")[0])

    def build(target: BuildTarget) -> None:
        try:
            if kind in _ASYNC_KINDS:
                run_in_own_loop(lambda: _call_async(function, kind, async_url(target)))
            else:
                _call(function, kind, sync_url(target))
        except Exception as error:
            raise TemplateError(
                f"{label} failed with {described_with_location(error)}", "correct the function and run again"
            ) from error

    return Definition(
        fingerprint=digest(["callable", path, *(part for name in sorted(sources) for part in (name, sources[name]))]),
        build=build,
        label=label,
        extensions=extensions_created(source.decode("utf-8", "replace") for source in sources.values()),
    )


def run_in_own_loop(call: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a coroutine to its end in a thread with a loop of its own, whatever loop runs in the caller's.

    Args:
        call: makes the coroutine; called in the new thread.

    Raises:
        Exception: what the coroutine raised.
    """
    failures: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(call())
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run, name="greenshift template")
    thread.start()
    thread.join()
    if failures:
        raise failures[0]


def _kind(function: Callable[..., object], label: str) -> type:
    try:
        required = [
            parameter
            for parameter in inspect.signature(function).parameters.values()
            if parameter.default is parameter.empty
            and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        ]
    except (TypeError, ValueError):
        required = []
    if len(required) != 1 or required[0].kind is inspect.Parameter.KEYWORD_ONLY:
        raise ConfigurationError(
            f"{label} does not take exactly one argument",
            "let it take one argument: a Session or a Connection (AsyncSession or AsyncConnection if it is async)",
        )
    is_async = inspect.iscoroutinefunction(function)
    kinds = _ASYNC_KINDS if is_async else _SYNC_KINDS
    annotation = _annotation(function, required[0])
    if not isinstance(annotation, type):
        return kinds[-1]
    for kind in kinds:
        # SQLModel's Session is a subclass of SQLAlchemy's.
        if issubclass(annotation, kind):
            return annotation if issubclass(annotation, (Session, AsyncSession)) else kind
    if issubclass(annotation, (*_SYNC_KINDS, *_ASYNC_KINDS)):
        other = "make it a coroutine function (async def)" if not is_async else "make it a plain function (def)"
        raise ConfigurationError(
            f"{label} takes a {annotation.__name__} but is {'async' if is_async else 'not async'}", other
        )
    return kinds[-1]


def _annotation(function: Callable[..., object], parameter: inspect.Parameter) -> object:
    try:
        return typing.get_type_hints(function).get(parameter.name)
    except Exception:  # an annotation may name what exists for type checkers only
        name = str(parameter.annotation).rpartition(".")[2]
        return {kind.__name__: kind for kind in (*_SYNC_KINDS, *_ASYNC_KINDS)}.get(name)


def _call(function: Callable[..., object], kind: type, url: str) -> None:
    engine = create_engine(url, poolclass=NullPool)
    try:
        if kind is Engine:
            function(engine)
        elif issubclass(kind, Session):
            with kind(engine) as session:
                function(session)
                session.commit()
        else:
            with engine.connect() as connection:
                function(connection)
                connection.commit()
    finally:
        engine.dispose()


async def _call_async(function: Callable[..., object], kind: type, url: str) -> None:
    call = typing.cast("Callable[..., Awaitable[object]]", function)
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        if kind is AsyncEngine:
            await call(engine)
        elif issubclass(kind, AsyncSession):
            async with kind(engine) as session:
                await call(session)
                await session.commit()
        else:
            async with engine.connect() as connection:
                await call(connection)
                await connection.commit()
    finally:
        await engine.dispose()
