"""What was explained in each request of a development server, kept apart where several run at once."""

from __future__ import annotations

import logging
from contextvars import ContextVar
from typing import Final

from greenshift.explain.explanation import Explanation

logger = logging.getLogger("greenshift.explain")

_current: Final[ContextVar[Request | None]] = ContextVar("greenshift_request", default=None)


class Request:
    """A request while it is answered.

    Args:
        name: its method and path, without the query, which may hold secrets.

    Attributes:
        seen: the errors that were explained in it so far, each once.
        refused: what a guard in mode ``error`` found in it.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.seen: list[Explanation] = []
        self.refused: list[Explanation] = []
        self._ended_by: Explanation | None = None
        self._logged: list[Explanation] = []
        self._answering = False

    def saw(self, explanation: Explanation) -> None:
        """Remember an error that was explained as it happened; nothing happens where it was seen before.

        Args:
            explanation: the error's.
        """
        if not any(explanation.is_same_error_as(other) for other in self.seen):
            self.seen.append(explanation)
            if self._answering:
                self.tell()

    def raised(self, explanation: Explanation) -> None:
        """Remember what ended the request; it stands first, in place of what was noted of it as it happened.

        Args:
            explanation: the error's, as it arrived.
        """
        self._ended_by = explanation
        self.seen = [explanation, *(other for other in self.seen if not explanation.is_same_error_as(other))]

    def answering(self) -> None:
        """The response begins: what is seen from now on is logged at once, since a stream may never end."""
        self._answering = True
        self.tell()

    def tell(self) -> None:
        """Log what was seen and not logged yet: what ended the request as an error, what was swallowed as a warning."""
        for explanation in self.seen:
            if not any(explanation.is_same_error_as(other) for other in self._logged):
                self._logged.append(explanation)
                log(explanation, logging.ERROR if explanation is self._ended_by else logging.WARNING, self.name)

    def __enter__(self) -> Request:
        self._token = _current.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        _current.reset(self._token)


def current() -> Request | None:
    """Return the request that is being answered here: in its task, in tasks that it started, in its threads."""
    return _current.get()


def log(explanation: Explanation, level: int, request: str | None) -> None:
    """Write one record; its ``explanation`` and ``request`` are there for formatters and handlers.

    Args:
        explanation: what to say.
        level: the record's level.
        request: the request's method and path, or None outside of a request.
    """
    logger.log(
        level,
        "%s%s",
        "" if request is None else f"in {request}: ",
        explanation,
        extra={"explanation": explanation, "request": request},
    )
