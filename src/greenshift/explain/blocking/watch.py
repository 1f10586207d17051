"""The guard: reports what blocks the event loop, and in mode ``error`` raises at the call."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Literal, Self

from sqlalchemy.util.concurrency import in_greenlet

from greenshift import trace
from greenshift.errors import ConfigurationError
from greenshift.explain.blocking.calls import calls
from greenshift.explain.blocking.explaining import blocking_call, sync_statement
from greenshift.explain.blocking.ignoring import Ignored
from greenshift.explain.blocking.stack import find_loop_work
from greenshift.explain.explanation import Explanation

logger = logging.getLogger("greenshift.explain")

BlockingMode = Literal["error", "warn"]


class BlockingCallError(RuntimeError):
    """A call that blocks the event loop, raised in its place.

    Attributes:
        explanation: what to write instead.
    """

    def __init__(self, explanation: Explanation) -> None:
        super().__init__(str(explanation))
        self.explanation = explanation


class BlockingWatch:
    """Watches for blocking calls between :meth:`start` and :meth:`close`; also a context manager.

    Statements of sync engines are seen by ``greenshift.trace``, everything else by blockbuster.

    Args:
        mode: ``error``: the call is reported and then raises :class:`BlockingCallError` instead of blocking
            (a sync engine's statement is only reported: it has run); ``warn``: it is only reported.
        report: given an explanation at every blocking call, in the loop's thread.
        ignored_paths: patterns of files, or folders, in which blocking is allowed; relative to ``root``.
        root: the project's folder; by default the working directory.
        judges: whether a sync engine's statement is looked at; by default all are.

    Raises:
        ConfigurationError: the mode is neither.
    """

    def __init__(
        self,
        *,
        mode: BlockingMode,
        report: Callable[[Explanation], object],
        ignored_paths: Sequence[str] = (),
        root: Path | None = None,
        judges: Callable[[trace.Statement], bool] | None = None,
    ) -> None:
        if mode not in ("error", "warn"):
            raise ConfigurationError(f"blocking is {mode!r}", 'write "error" or "warn"')
        self._mode = mode
        self._report = report
        self._ignored = Ignored(ignored_paths, root)
        self._judges = judges
        self._subscription: trace.Subscription | None = None
        self._calls = False
        # By file, line and function: a call in a loop is judged once. None: the user allows it.
        self._known: dict[tuple[str, int, str], Explanation | None] = {}

    def start(self) -> None:
        """Begin to watch. Without blockbuster only sync engines are seen, which is logged once."""
        if self._subscription is not None:
            return
        self._subscription = trace.subscribe(self._statement_ended)
        try:
            calls.add(self._called)
            self._calls = True
        except ImportError:
            _say_what_is_missing()

    def close(self) -> None:
        """Watch no more; safe to call twice."""
        if self._subscription is not None:
            self._subscription.close()
            self._subscription = None
        if self._calls:
            calls.remove(self._called)
            self._calls = False

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _called(self, function: str, caller: FrameType) -> BaseException | None:
        work = find_loop_work(caller)
        # A lock is mostly held for microseconds by another thread; waiting for a queue, an event or a thread is not.
        if work is None or (function.startswith("threading.Lock") and not work.only_stdlib):
            return None
        explanation = self._judge(work.called, function, lambda: blocking_call(function, work))
        if explanation is None:
            return None
        self._report(explanation)
        return BlockingCallError(explanation) if self._mode == "error" else None

    def _statement_ended(self, statement: trace.Statement) -> None:
        # Within SQLAlchemy's greenlet an asyncio dialect is at work; its driver may be sync all the same.
        if statement.is_async or statement.loop is None or in_greenlet():
            return
        if self._judges is not None and not self._judges(statement):
            return
        work = find_loop_work(sys._getframe(1), excuse=False)
        if work is None:
            return
        explanation = self._judge(work.called, "sync engine", lambda: sync_statement(statement, work))
        if explanation is not None:
            self._report(explanation)

    def _judge(self, called: FrameType, function: str, explain: Callable[[], Explanation]) -> Explanation | None:
        file, line = called.f_code.co_filename, called.f_lineno
        key = (file, line, function)
        if key not in self._known:
            self._known[key] = None if self._ignored(file, line) else explain()
        return self._known[key]


_said: list[bool] = []


def _say_what_is_missing() -> None:
    if not _said:
        _said.append(True)
        logger.warning(
            "greenshift: blockbuster is not installed: of blocking calls only sync engines are seen\n"
            "  fix: pip install 'greenshift[blocking]'"
        )
