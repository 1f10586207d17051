"""One engine: how it is made, with what, where; read from source, or from the engine as it was built."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from greenshift.check.facts.symbol import Symbol
from greenshift.check.facts.text import Text
from greenshift.check.facts.value import Value
from greenshift.check.facts.written import WrittenArgument
from greenshift.report.findings import Place

EngineKind = Literal["sync", "async"]

# The defaults of QueuePool and AsyncAdaptedQueuePool.
# https://docs.sqlalchemy.org/en/20/core/pooling.html#sqlalchemy.pool.QueuePool
_QUEUE_DEFAULTS: Final[Mapping[str, Any]] = {"pool_size": 5, "max_overflow": 10, "pool_timeout": 30}
_OTHER_DEFAULTS: Final[Mapping[str, Any]] = {"pool_recycle": -1, "pool_pre_ping": False, "echo": False}
_QUEUES: Final = ("QueuePool", "AsyncAdaptedQueuePool", "FallbackAsyncAdaptedQueuePool")


class Scope(enum.Enum):
    """Where an engine or session is made: how often that runs."""

    MODULE = "module"
    """At import, once a process."""
    CACHED = "cached"
    """In a function that a cache or a global guards, or that only an application's start calls."""
    REQUEST = "request"
    """In a route, a dependency or a function that they call: again for each request."""
    FUNCTION = "function"
    """In another function or method: it is not known how often that runs."""
    TASK = "task"
    """In a task of a queue (Celery, RQ, Dramatiq, APScheduler)."""
    SCRIPT = "script"
    """In a program that runs and ends: Alembic's env, a command, ``if __name__ == "__main__"``."""
    TEST = "test"
    """In test code."""


@dataclass(frozen=True, slots=True)
class Engine:
    """One engine.

    Attributes:
        kind: ``sync`` or ``async``.
        name: the variable, attribute or function by which the program knows it.
        made_by: what makes it: ``create_async_engine``, ``SQLAlchemy`` (Flask-SQLAlchemy)...
        place: the call, or the name of what was imported.
        scope: how often it is made.
        url: the URL: a str, a ``Text`` of which pieces are known, or unknown.
        arguments: what it is given beside the URL, by ``create_engine``'s names.
        open_arguments: why it may be given more than ``arguments`` says; empty if that is all.
        written: the arguments that are written in the call itself, by name (``url`` for the first of an engine).
        addition: the place behind the last argument and the text that must come before another one there (", " or a new
            line and its indent): how an argument is added; None where there is no source.
        service: the service that it belongs to, if several are checked.
        is_live: whether it was built and looked at, in place of read from source.
        listeners: the functions that listen to an event of the engine or its pool, by the event's name; only known of
            an engine that was built.
    """

    kind: EngineKind
    name: str
    made_by: str
    place: Place
    scope: Scope
    url: Value
    arguments: Mapping[str, Value] = field(default_factory=dict)
    open_arguments: str = ""
    written: Mapping[str, WrittenArgument] = field(default_factory=dict)
    addition: tuple[Place, str] | None = None
    service: str = ""
    is_live: bool = False
    listeners: Mapping[str, tuple[Symbol, ...]] = field(default_factory=dict)

    @property
    def is_async(self) -> bool:
        """Whether it is an asyncio engine."""
        return self.kind == "async"

    @property
    def subject(self) -> str:
        """What findings call it; the same when lines move."""
        return f"{self.name} in {self.place.file}"

    def argument(self, name: str) -> Value | None:
        """Return what an argument is given; None if it surely is not given.

        Args:
            name: the argument's name, as ``create_engine`` spells it.
        """
        given = self.arguments.get(name)
        if given is None and self.open_arguments:
            return Value(unknown=self.open_arguments)
        return given

    def argument_place(self, name: str) -> Place:
        """Return where an argument is: in the call, else where its value is written, else the call itself.

        Args:
            name: the argument's name, or ``url``.
        """
        if name in self.written:
            return self.written[name].place
        given = self.url if name == "url" else self.arguments.get(name)
        return given.place if given is not None and given.place is not None else self.place

    @property
    def scheme(self) -> str | None:
        """The URL's scheme, such as ``postgresql+asyncpg``, if that is known (a default of the settings included)."""
        schemes = {_scheme(option.value) for option in self.url.options}
        return schemes.pop() if len(schemes) == 1 and not self.url.unknown else None

    @property
    def dialect(self) -> str | None:
        """The database, such as ``postgresql``, if that is known."""
        if self.scheme is None:
            return None
        name = self.scheme.partition("+")[0]
        return "postgresql" if name == "postgres" else name

    @property
    def driver(self) -> str | None:
        """The driver that the URL names, such as ``asyncpg``; "" if it names none, None if the URL is not known."""
        return None if self.scheme is None else self.scheme.partition("+")[2]

    @property
    def pool_class(self) -> Value:
        """The pool's class as a ``Symbol``: the one given, else the one that SQLAlchemy takes for this URL."""
        given = self.argument("poolclass")
        if given is not None and not given.surely(lambda value: value is None):
            return given
        if self.argument("pool") is not None or (self.argument("creator") is not None and self.scheme is None):
            return Value(unknown="the pool is made elsewhere")
        if self.dialect == "sqlite":
            return self._sqlite_pool()
        if self.dialect is None and not self.is_async:
            return Value(unknown="the URL is not known")
        return Value.of(
            Symbol("sqlalchemy.pool.AsyncAdaptedQueuePool" if self.is_async else "sqlalchemy.pool.QueuePool")
        )

    def _sqlite_pool(self) -> Value:
        """https://docs.sqlalchemy.org/en/20/dialects/sqlite.html#threading-pooling-behavior"""
        memory = self.is_memory
        if memory is None:
            return Value(unknown="the URL is not known")
        if memory:
            return Value.of(
                Symbol("sqlalchemy.pool.StaticPool" if self.is_async else "sqlalchemy.pool.SingletonThreadPool")
            )
        return Value.of(
            Symbol("sqlalchemy.pool.AsyncAdaptedQueuePool" if self.is_async else "sqlalchemy.pool.QueuePool")
        )

    @property
    def is_memory(self) -> bool | None:
        """Whether it is a SQLite database in memory; None if that is not known."""
        if self.dialect is None:
            return None
        if self.dialect != "sqlite":
            return False
        default = self.url.default
        whole = default.value if default is not None else None
        whole = whole.whole if isinstance(whole, Text) else whole
        if not isinstance(whole, str):
            return None
        path = whole.partition("://")[2].partition("?")[0]
        return path in ("", "/", "/:memory:") or "mode=memory" in whole

    @property
    def is_queue(self) -> bool | None:
        """Whether its pool is a queue of connections; None if that is not known."""
        known = self.pool_class.known
        return known.last in _QUEUES if isinstance(known, Symbol) else None

    def setting(self, name: str) -> Value:
        """Return what a pool or engine argument is, SQLAlchemy's default included.

        Args:
            name: ``pool_size``, ``max_overflow``, ``pool_timeout`` (seconds), ``pool_recycle`` (seconds),
                ``pool_pre_ping`` or ``echo``.
        """
        given = self.argument(name)
        if given is not None:
            return given
        if name in _QUEUE_DEFAULTS:
            return (
                Value.of(_QUEUE_DEFAULTS[name]) if self.is_queue else Value(unknown="the pool is no queue, or unknown")
            )
        return Value.of(_OTHER_DEFAULTS[name]) if name in _OTHER_DEFAULTS else Value.of(None)

    @property
    def connect_arguments(self) -> Mapping[str, Value] | None:
        """What is handed to the driver (``connect_args``); None if that is not known."""
        given = self.argument("connect_args")
        if given is None:
            return {}
        default = given.default
        return default.value if default is not None and isinstance(default.value, dict) else None


def _scheme(url: Any) -> str | None:
    if isinstance(url, Text):
        return url.scheme
    return url.partition(":")[0] if isinstance(url, str) and ":" in url else None
