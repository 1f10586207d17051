"""The application's own session factory: the fixtures' sessions behave as its sessions do in production.

A test session with ``expire_on_commit=False`` hides the ``MissingGreenlet`` that production raises, and one
without it raises where production does not (strawchemy issue 257).
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession, async_scoped_session, async_sessionmaker
from sqlalchemy.orm import scoped_session, sessionmaker

from greenshift import trace
from greenshift.config import Config
from greenshift.errors import ConfigurationError

# What the test's own engine decides.
_NOT_FOLLOWED = frozenset({"bind", "binds"})


@dataclass(frozen=True)
class SessionStyle:
    """How sessions are made: their class, and the arguments of their factory except the engine.

    Args:
        session_class: a class of sync or of async sessions.
        options: keyword arguments such as ``expire_on_commit``.
        found_as: ``module:attribute`` of the factory.
    """

    session_class: type[Any]
    options: dict[str, Any]
    found_as: str

    @property
    def is_async(self) -> bool:
        """Whether they are asyncio sessions."""
        return issubclass(self.session_class, AsyncSession)

    def same_as(self, other: SessionStyle) -> bool:
        """Whether sessions of both behave the same."""
        # A factory makes a class of its own from the one that it is given.
        return self.options == other.options and self.session_class.__mro__[1:] == other.session_class.__mro__[1:]


class AppSessions:
    """Finds the application's session factories.

    Args:
        config: the project's configuration.
        say: is told, once, why a factory was not followed.
    """

    def __init__(self, config: Config, say: Callable[[str], object]) -> None:
        self._config = config
        self._say = say
        self._said = False
        self._styles: tuple[SessionStyle, ...] = ()
        self._looked_at = 0
        self._imported = False

    def style(self, *, is_async: bool) -> SessionStyle | None:
        """Return how the application makes its sync, or async, sessions; None where it has no such factory.

        Where it has several that differ, SQLAlchemy's defaults are the strict choice.

        Raises:
            ConfigurationError: the configured factory cannot be imported or is none.
        """
        if self._config.session is not None:
            configured = _configured(self._config.session)
            if configured.is_async == is_async:
                return configured
        self._import_app()
        if len(sys.modules) != self._looked_at:
            self._looked_at, self._styles = len(sys.modules), tuple(_styles_of_modules())
        found = [style for style in self._styles if style.is_async == is_async]
        if not found:
            return None
        if all(found[0].same_as(other) for other in found[1:]):
            return found[0]
        if not self._said:
            self._said = True
            names = ", ".join(sorted({style.found_as for style in found}))
            self._say(
                f"the application's session factories differ ({names}); the fixtures' sessions follow none of them: "
                'set session = "module:factory" in [tool.greenshift]'
            )
        return None

    def _import_app(self) -> None:
        """Import the configured application: its factory may be in none of what the tests have imported."""
        if self._imported or self._config.app is None:
            return
        self._imported = True
        try:
            importlib.import_module(self._config.app.partition(":")[0])
        except Exception as error:
            self._say(
                f"the application {self._config.app} cannot be imported, so its session factory is not known: {error}"
            )


def _configured(target: str) -> SessionStyle:
    module_name, _, attribute = target.partition(":")
    fix = 'write session = "module:factory", the sessionmaker or async_sessionmaker of the application'
    try:
        factory = getattr(importlib.import_module(module_name), attribute)
    except Exception as error:
        problem = f"session = {target!r} in [tool.greenshift] cannot be imported: {error}"
        raise ConfigurationError(problem, fix) from error
    style = _style_of(factory, target)
    if style is None:
        raise ConfigurationError(f"session = {target!r} in [tool.greenshift] is no session factory", fix)
    return style


def _styles_of_modules() -> Iterator[SessionStyle]:
    seen: set[int] = set()
    for module in list(sys.modules.values()):
        if not _is_application(module):
            continue
        for name, value in list(vars(module).items()):
            if id(value) in seen:
                continue
            style = _style_of(value, f"{module.__name__}:{name}")
            if style is not None:
                seen.add(id(value))
                yield style


def _style_of(value: Any, found_as: str) -> SessionStyle | None:
    if isinstance(value, scoped_session | async_scoped_session):
        value = value.session_factory
    if not isinstance(value, sessionmaker | async_sessionmaker):
        return None
    options = {key: option for key, option in value.kw.items() if key not in _NOT_FOLLOWED}
    return SessionStyle(value.class_, options, found_as)


def _is_application(module: ModuleType) -> bool:
    """Whether a module is the application's: the tests' own factories say nothing of production."""
    file = getattr(module, "__file__", None)
    if not isinstance(module, ModuleType) or not isinstance(file, str) or not trace.is_user_file(file):
        return False
    return not trace.is_test_file(file)
