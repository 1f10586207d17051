"""SQLAlchemy's events, listened to only while somebody wants them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy import event


class _Listener(NamedTuple):
    target: Any
    identifier: str
    function: Callable[..., Any]
    options: dict[str, bool]


class Installation:
    """A set of listeners that is in place from the first :meth:`acquire` to the last :meth:`release`.

    Listening on classes reaches every engine, pool, dialect and session, those that exist already as well.

    Args:
        part: a smaller set, which is in place whenever this one is.
    """

    def __init__(self, part: Installation | None = None) -> None:
        self._part = part
        self._lock = threading.Lock()
        self._listeners: list[_Listener] = []
        self._cleanups: list[Callable[[], object]] = []
        self._patches: list[Callable[[], object]] = []
        self._users = 0

    @property
    def active(self) -> bool:
        """Whether the listeners are in place."""
        return self._users > 0

    def add(self, target: Any, identifier: str, function: Callable[..., Any], **options: bool) -> None:
        """Add one listener to the set, at import time.

        Args:
            target: the class to listen on, as ``sqlalchemy.event.listen`` takes it.
            identifier: the event's name.
            function: the listener.
            options: further options of ``sqlalchemy.event.listen``.
        """
        self._listeners.append(_Listener(target, identifier, function, options))

    def add_cleanup(self, function: Callable[[], object]) -> None:
        """Add what is to be called after the listeners were removed, at import time.

        Args:
            function: called without arguments.
        """
        self._cleanups.append(function)

    def add_patch(self, put: Callable[[], object], remove: Callable[[], object]) -> None:
        """Add a replaced method, for what SQLAlchemy has no event, at import time.

        Args:
            put: puts it in place.
            remove: gives the original back.
        """
        self._patches.append(put)
        self._cleanups.append(remove)

    def acquire(self) -> None:
        """Put the listeners in place if this is the first user of them."""
        if self._part is not None:
            self._part.acquire()
        with self._lock:
            if not self._users:
                for listener in self._listeners:
                    event.listen(listener.target, listener.identifier, listener.function, **listener.options)
                for put in self._patches:
                    put()
            self._users += 1

    def release(self) -> None:
        """Remove the listeners if this was the last user of them."""
        with self._lock:
            self._users -= 1
            if not self._users:
                for listener in self._listeners:
                    event.remove(listener.target, listener.identifier, listener.function)
                for cleanup in self._cleanups:
                    cleanup()
        if self._part is not None:
            self._part.release()


# Pools: what little an observer in production needs as well.
pool_installation = Installation()
# What connections are opened with. Apart: once a dialect has a listener, SQLAlchemy looks for more at each statement.
connecting_installation = Installation(pool_installation)
# Everything that is known of statements, connections and sessions.
installation = Installation(connecting_installation)
