"""The witness: notes with each exception what is known at its moment, and remembers what the application swallowed."""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from types import FrameType
from typing import Any, Final, NoReturn

from sqlalchemy.exc import IllegalStateChangeError, InvalidRequestError, MissingGreenlet, SQLAlchemyError
from sqlalchemy.orm.exc import DetachedInstanceError
from sqlalchemy.pool import Pool

from greenshift import trace
from greenshift.explain.explanation import Explanation
from greenshift.explain.facts import ConnectionFact, Facts, StatementFact, attach
from greenshift.explain.failure import Failure, from_exception, remembered
from greenshift.explain.recognition import explain_failure
from greenshift.trace.place import running_loop, where

_LIMIT: Final = 50
# Errors that fire no event. Of the first kind the frames' variables say which object it was, and are gone later.
_OF_OBJECTS: Final = (DetachedInstanceError, MissingGreenlet)
_OF_SESSIONS: Final = frozenset({IllegalStateChangeError, InvalidRequestError})


class ExplainedMissingGreenlet(MissingGreenlet):
    """SQLAlchemy's ``MissingGreenlet``, raised before any IO, with the explanation's summary in its message.

    Attributes:
        explanation: the whole of it.
    """

    def __init__(self, message: str, explanation: Explanation | None) -> None:
        super().__init__(message if explanation is None else f"{message}\n{explanation.summary}")
        self.explanation = explanation


class Witness:
    """Watches for failures until :meth:`close`; also a context manager. No code of it runs while nothing fails.

    Args:
        saw: is told of each explained failure that the application may swallow, as it happens.
    """

    def __init__(self, saw: Callable[[Explanation], object] | None = None) -> None:
        self._seen: deque[Explanation | Failure] = deque(maxlen=_LIMIT)
        self._saw = saw
        self._busy = threading.local()
        self._subscriptions: list[Any] = [
            trace.instances.follow(),
            trace.subscribe(self._statement_ended),
            trace.transactions.on_failure(self._transaction_failed),
            trace.pool.on_timeout(self._pool_timed_out),
            trace.on_load_outside_greenlet(self._attribute_cannot_load),
            trace.on_error(self._error_made),
        ]

    def close(self) -> None:
        """Stop watching."""
        for subscription in self._subscriptions:
            subscription.close()
        self._subscriptions = []

    def __enter__(self) -> Witness:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def forget(self) -> None:
        """Forget what was seen so far."""
        self._seen.clear()

    def explanations(self) -> list[Explanation]:
        """Explain what was seen since :meth:`forget`, each once, the oldest first; the last 50 at most."""
        found = (one if isinstance(one, Explanation) else explain_failure(one) for one in list(self._seen))
        return list(dict.fromkeys(one for one in found if one is not None))

    def _note(self, seen: Explanation | Failure) -> None:
        self._seen.append(seen)
        if self._saw is not None:
            explanation = seen if isinstance(seen, Explanation) else explain_failure(seen)
            if explanation is not None:
                self._saw(explanation)

    def _statement_ended(self, statement: trace.Statement) -> None:
        if statement.error is not None:
            self._failed(statement.error, _facts(statement=statement))

    def _transaction_failed(self, info: trace.ConnectionInfo, error: BaseException) -> None:
        self._failed(error, _facts(failing=info))

    def _pool_timed_out(self, pool: Pool, error: BaseException) -> None:
        self._failed(error, _facts(pool=pool))

    def _error_made(self, error: SQLAlchemyError, frame: FrameType | None) -> None:
        if getattr(self._busy, "on", False):
            return
        if type(error) in _OF_SESSIONS:
            self._note(remembered(from_exception(error, frame)))
        elif isinstance(error, _OF_OBJECTS) and not isinstance(error, ExplainedMissingGreenlet):
            explanation = self._explain(error, frame)
            if explanation is not None:
                self._note(explanation)

    def _explain(self, error: BaseException, frame: FrameType | None) -> Explanation | None:
        """Explain an error with the variables of the frames; whatever that loads in turn is not explained again."""
        self._busy.on = True
        try:
            return explain_failure(from_exception(error, frame))
        finally:
            self._busy.on = False

    def _failed(self, error: BaseException, facts: Facts) -> None:
        attach(error, facts)
        # Explained only if somebody asks: applications live well with many an error of their database.
        self._note(remembered(from_exception(error, sys._getframe(2))))

    def _attribute_cannot_load(self, load: trace.AttributeLoad) -> None:
        __tracebackhide__ = True  # pytest's report is about the user's lines
        name = f"{load.model.__name__ if load.model else '?'}.{load.attribute or '?'}"
        message = (
            f"greenlet_spawn has not been called; can't call await_only() here: {name} is not loaded, "
            "and was read outside the session's await"
        )
        if getattr(self._busy, "on", False):
            raise MissingGreenlet(message)
        self._busy.on = True
        error = MissingGreenlet(message)
        explanation = self._explain(error, load.frame)
        if explanation is not None:
            self._note(explanation)
        _cannot_load_here(ExplainedMissingGreenlet(message, explanation))


def _cannot_load_here(error: ExplainedMissingGreenlet) -> NoReturn:
    # The one frame of ours that pytest shows, since it prints the last one's whole function: this is a short one.
    raise error


def _facts(
    statement: trace.Statement | None = None, pool: Pool | None = None, failing: trace.ConnectionInfo | None = None
) -> Facts:
    failing = failing if statement is None else statement.connection
    pool = pool if failing is None else failing.pool
    loop = running_loop()
    # One moment for all of them, or their ages could not be compared.
    now = time.perf_counter()
    return Facts(
        statement=None if statement is None else StatementFact.of(statement, now),
        connections=tuple(ConnectionFact.of(info, failing, pool, now) for info in trace.connections.live()),
        loop=None if loop is None else id(loop),
        task=None if loop is None else where(loop)[2],
        thread=threading.current_thread().name,
    )
