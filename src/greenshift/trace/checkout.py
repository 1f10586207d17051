"""Who holds a connection: noted at each checkout as cheaply as can be, and looked into only when somebody asks."""

from __future__ import annotations

import threading
import weakref
from asyncio import _get_running_loop
from time import perf_counter
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

from greenshift.trace.call_site import USER, find_user_frame, kinds
from greenshift.trace.place import NOWHERE, Placed, Where, here, where

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

# Who holds a connection, as it is noted at each checkout: since when, the code and its instruction, where, the thread,
# the test. A list is made the fastest; when somebody asks, a Checkout is made of it and put behind them.
Held = list[Any]
NOTED: Final = 6


class Checkout(Placed):
    """Who holds a connection, since when.

    Attributes:
        since: when, in seconds of ``time.perf_counter``.
        test: the test that was running (:func:`set_test`), or None.
    """

    __slots__ = ("_session", "_site", "_thread", "_where", "since", "test")

    def __init__(self, held: Held) -> None:
        self._session: weakref.ref[Session] | None = None
        self.since: float = held[0]
        self._site = None if held[1] is None else (held[1], held[2])
        self._where: Where = held[3]
        self._thread: threading.Thread = held[4]
        self.test: str | None = held[5]

    @property
    def session(self) -> Session | None:
        """The ORM session that last began a transaction on it (of an ``AsyncSession`` the sync one), or None."""
        return None if self._session is None else self._session()

    @property
    def seconds(self) -> float:
        """How long the connection has been held, in seconds."""
        return perf_counter() - self.since

    def __repr__(self) -> str:
        return f"<Checkout at {self.call_site} in {self.thread}>"


def note_holder(frame: FrameType | None, test: str | None) -> Held:
    """Note who takes a connection: this thread, task and test, and the first frame of the user's code.

    Args:
        frame: where to start, the innermost frame.
        test: the test that is running, or None.
    """
    if frame is None or kinds.get(frame.f_code.co_filename) != USER:
        frame, _ = find_user_frame(frame)
    loop = _get_running_loop()
    return [
        perf_counter(),
        None if frame is None else frame.f_code,
        0 if frame is None else frame.f_lasti,
        NOWHERE if loop is None else where(loop),
        here.thread,
        test,
    ]
