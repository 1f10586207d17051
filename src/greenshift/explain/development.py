"""``install``: a development server says what its errors mean as they happen."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Literal, Self, get_args

from sqlalchemy import Engine
from sqlalchemy.ext.asyncio import AsyncEngine

from greenshift import trace
from greenshift.errors import ConfigurationError
from greenshift.explain.explanation import Explanation
from greenshift.explain.requests import current, log
from greenshift.explain.witness import Witness

if TYPE_CHECKING:
    from greenshift.explain.blocking import BlockingWatch
    from greenshift.explain.n_plus_one import Detector

GuardMode = Literal["error", "warn", "off"]

VARIABLE: Final = "GREENSHIFT_EXPLAIN"
_OFF: Final = frozenset({"off", "0", "false", "no"})


class Installation:
    """What :func:`install` started, until :meth:`close`; also a context manager.

    Args:
        engine: as for :func:`install`, like the others.
        n_plus_one: see there.
        blocking: see there.
        ignored_paths: see there.
        root: see there.
    """

    def __init__(
        self,
        engine: Engine | AsyncEngine | None,
        n_plus_one: GuardMode,
        blocking: GuardMode,
        ignored_paths: Sequence[str],
        root: Path | None,
    ) -> None:
        self._engine = engine.sync_engine if isinstance(engine, AsyncEngine) else engine
        self.n_plus_one = n_plus_one
        self._blocking = blocking
        self._ignored_paths = tuple(ignored_paths)
        self._root = root
        self._told: set[tuple[Any, ...]] = set()
        self._witness: Witness | None = None
        self._watch: BlockingWatch | None = None

    @property
    def on(self) -> bool:
        """Whether it watches."""
        return self._witness is not None

    def start(self) -> None:
        """Begin to watch."""
        self._witness = Witness(saw=_saw)
        if self._blocking != "off":
            from greenshift.explain.blocking import BlockingWatch

            self._watch = BlockingWatch(
                mode=self._blocking, report=self._blocked, ignored_paths=self._ignored_paths, root=self._root
            )
            self._watch.start()

    def close(self) -> None:
        """Watch no more; safe to call twice."""
        global _active
        if _active is self:
            _active = None
        if self._watch is not None:
            self._watch.close()
            self._watch = None
        if self._witness is not None:
            self._witness.close()
            self._witness = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def detector(self, owns: Callable[[trace.Statement], bool]) -> Detector | None:
        """Return an N+1 detector for one request, not yet started; None where that guard is off.

        Args:
            owns: whether a statement is the request's.
        """
        if self.n_plus_one == "off":
            return None
        from greenshift.explain.n_plus_one import Detector

        return Detector(
            owns=lambda statement: self._is_ours(statement) and owns(statement),
            ignored_paths=self._ignored_paths,
            root=self._root,
        )

    def tell(self, finding: Explanation, mode: GuardMode, request: str | None) -> None:
        """Log what a guard found, once for its lines.

        Args:
            finding: the explanation.
            mode: the guard's mode.
            request: the request's method and path.
        """
        key = (finding.kind, *((place.file, place.line) for place in finding.where))
        if key not in self._told:
            self._told.add(key)
            log(finding, logging.ERROR if mode == "error" else logging.WARNING, request)

    def _is_ours(self, statement: trace.Statement) -> bool:
        return self._engine is None or statement.connection.pool is self._engine.pool

    def _blocked(self, finding: Explanation) -> None:
        request = current()
        self.tell(finding, self._blocking, None if request is None else request.name)
        if request is not None and self._blocking == "error" and finding not in request.refused:
            request.refused.append(finding)


_active: Installation | None = None


def _saw(explanation: Explanation) -> None:
    request = current()
    if request is None:
        log(explanation, logging.WARNING, None)
    else:
        request.saw(explanation)


def active() -> Installation | None:
    """Return what the latest :func:`install` started and nobody closed, or None."""
    return _active


def switched_off() -> bool:
    """Return whether the environment says ``GREENSHIFT_EXPLAIN=off``."""
    return os.environ.get(VARIABLE, "").strip().lower() in _OFF


def install(
    engine: Engine | AsyncEngine | None = None,
    *,
    n_plus_one: GuardMode = "warn",
    blocking: GuardMode = "off",
    ignored_paths: Sequence[str] = (),
    root: Path | None = None,
) -> Installation:
    """Explain errors as they happen, in the log ``greenshift.explain``. For development only.

    Each record carries the explanation as ``record.explanation``. The guards of requests need
    ``greenshift.explain.asgi.ExplainMiddleware`` too. There is one installation a process: another one takes its place.
    With ``GREENSHIFT_EXPLAIN=off`` in the environment nothing is started.

    Args:
        engine: the application's engine, whose statements the N+1 guard looks at; None for every engine.
        n_plus_one: a request that loads rows one by one is logged (``warn``), or answered with an error page
            (``error``), or passes (``off``).
        blocking: a call that blocks the event loop is logged, or raises, or passes.
        ignored_paths: patterns of files, relative to ``root``, in which the guards allow both.
        root: the project's folder; by default the working directory.

    Returns:
        The installation, to be closed at the end.

    Raises:
        ConfigurationError: an argument is none of these.
    """
    global _active
    if engine is not None and not isinstance(engine, Engine | AsyncEngine):
        raise ConfigurationError(
            f"install() was given a {type(engine).__name__} in place of an engine",
            "pass what create_engine() or create_async_engine() returned",
        )
    for name, mode in (("n_plus_one", n_plus_one), ("blocking", blocking)):
        if mode not in get_args(GuardMode):
            raise ConfigurationError(f"{name} is {mode!r}", 'write "error", "warn" or "off"')
    if _active is not None:
        _active.close()
    installation = Installation(engine, n_plus_one, blocking, ignored_paths, root)
    if not switched_off():
        installation.start()
        _active = installation
    return installation
