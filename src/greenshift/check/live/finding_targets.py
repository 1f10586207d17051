"""What a target names in the modules that it imports: engines and session factories."""

from __future__ import annotations

import difflib
import functools
import importlib
import inspect
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any, Final

from sqlalchemy import Engine
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker
from sqlalchemy.orm import scoped_session, sessionmaker

from greenshift.check.errors import CheckError
from greenshift.check.live.target import Target

ENGINES: Final = (Engine, AsyncEngine)
FACTORIES: Final = (sessionmaker, async_sessionmaker, scoped_session)


def find(target: Target) -> Iterator[tuple[Target, Any]]:
    """Import a target's module and yield the engines and session factories that it names, each with its own name.

    Args:
        target: what to import.

    Raises:
        CheckError: there is no such name, or it is neither an engine, a session factory nor a function that makes one.
        BaseException: whatever the import raises.
    """
    module = importlib.import_module(target.module)
    if not target.attribute:
        found = list(_all_of(module, target.module))
        if not found:
            raise CheckError(
                f"the module {target.module} has no engine and no session factory",
                f"name a function that returns an engine ({target.module}:FUNCTION), or another module",
            )
        yield from found
        return
    built = _attribute(module, target)
    if not isinstance(built, (*ENGINES, *FACTORIES)):
        built = _called(built, target)
    yield target, built


def name_of(built: Any, module: str, fallback: str) -> str:
    """Return the name by which a module knows an object.

    Args:
        built: the object.
        module: the module's dotted name.
        fallback: the name if the module has none for it.
    """
    names = vars(importlib.import_module(module))
    return next((name for name, held in names.items() if held is built), fallback)


def _all_of(module: ModuleType, name: str) -> Iterator[tuple[Target, Any]]:
    seen: set[int] = set()
    for attribute, held in list(vars(module).items()):
        if isinstance(held, (*ENGINES, *FACTORIES)) and id(held) not in seen:
            seen.add(id(held))
            yield Target(name, attribute), held


def _attribute(module: ModuleType, target: Target) -> Any:
    held: Any = module
    for name in target.attribute.split("."):
        try:
            held = getattr(held, name)
        except AttributeError:
            usable = [found.attribute for found, _ in _all_of(module, target.module)]
            near = difflib.get_close_matches(target.attribute, usable or dir(module), n=1)
            others = f"it has: {', '.join(usable)}" if usable else "it has no engine and no session factory"
            raise CheckError(
                f"the module {target.module} has no {target.attribute!r}",
                f"did you mean {target.module}:{near[0]}?" if near else others,
            ) from None
    return held


def _called(built: Any, target: Target) -> Any:
    """Return what a function without arguments returns."""
    what = f"{target} is no engine but a {type(built).__name__}"
    if not inspect.isroutine(built) and not isinstance(built, functools.partial) and not hasattr(built, "__wrapped__"):
        raise CheckError(what, "name an engine, a session factory, or a function without arguments that returns one")
    if inspect.iscoroutinefunction(built) or inspect.isgeneratorfunction(built) or inspect.isasyncgenfunction(built):
        kind = "a coroutine" if inspect.iscoroutinefunction(built) else "a generator"
        raise CheckError(
            f"{target} returns no engine but {kind}", "name the engine or the session factory that it uses"
        )
    needed = [
        name
        for name, parameter in inspect.signature(built).parameters.items()
        if parameter.default is parameter.empty
        and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    ]
    if needed:
        raise CheckError(f"{target} needs arguments: {', '.join(needed)}", "name a function that needs none")
    made = call(built)
    if not isinstance(made, (*ENGINES, *FACTORIES)):
        raise CheckError(
            f"{target}() returned no engine but a {type(made).__name__}",
            "name a function that returns an engine or a session factory",
        )
    return made


def call(function: Callable[[], object]) -> object:
    """Call the application's function; what it raises is known by this frame.

    Args:
        function: it takes no arguments.
    """
    return function()
