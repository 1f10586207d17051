"""No engine connects while an application is imported; and what an engine would hand to its driver."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError

from greenshift.check.live.frames import user_frame

# An application may catch one failure and go on; one that tries again and again must end.
_TOLERATED: Final = 3


class ConnectAttempt(BaseException):
    """The import goes on trying to connect.

    Args:
        place: ``file:line`` of the call in the application.
    """

    def __init__(self, place: str) -> None:
        super().__init__(place)
        self.place = place


class _RefusedError(Exception):
    """What the driver would have raised."""


class ConnectGuard:
    """Refuses every connection of every engine, and keeps where it was asked for.

    Attributes:
        places: ``file:line`` of each attempt.
    """

    def __init__(self, root: str) -> None:
        self._root = root
        self.places: list[str] = []

    @contextmanager
    def on(self) -> Iterator[None]:
        """Refuse connections in this block."""
        event.listen(Engine, "do_connect", self._refuse, insert=True)
        try:
            yield
        finally:
            event.remove(Engine, "do_connect", self._refuse)

    def _refuse(self, *_: Any) -> None:
        place = user_frame(self._root)
        self.places.append(place)
        if len(self.places) > _TOLERATED:
            raise ConnectAttempt(place)
        raise OperationalError(
            "connect", None, _RefusedError("greenshift check opens no connection while it imports an application")
        )


class _NotedError(Exception):
    """The arguments were noted; nothing connects."""


def driver_arguments(engine: Engine) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
    """Return what the engine would hand to its driver's ``connect``, without connecting.

    The event ``do_connect`` gets it before the driver does, and may end the attempt.
    https://docs.sqlalchemy.org/en/20/core/events.html#sqlalchemy.events.DialectEvents.do_connect

    Args:
        engine: an engine whose pool has no ``creator`` of the application's.

    Returns:
        The arguments by position and by name; None if it did not get so far.
    """
    noted: list[tuple[tuple[Any, ...], dict[str, Any]]] = []

    def note(dialect: Any, record: Any, positional: list[Any], named: dict[str, Any]) -> None:
        noted.append((tuple(positional), dict(named)))
        raise _NotedError

    event.listen(engine, "do_connect", note, insert=True)
    try:
        # Ours ends it, or whatever a pool of the application's does before it connects.
        with suppress(Exception):
            engine.pool.connect()
    finally:
        event.remove(engine, "do_connect", note)
    return noted[0] if noted else None
