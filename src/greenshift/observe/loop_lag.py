"""How late event loops come to what is ready: a thread asks each loop in turn, and takes the time of its answer.

A timer on the loop itself would count the time in which nobody runs the loop; and a task would be left when it closes.
"""

from __future__ import annotations

import asyncio
import threading
import weakref
from time import perf_counter
from typing import Final

from greenshift.observe.snapshot import LoopLag as LoopLagState
from greenshift.observe.tally import Tally

# Seconds between two questions to a loop.
INTERVAL: Final = 0.1


class _Watched:
    """One loop, and the question that it has not answered yet."""

    __slots__ = ("asked", "loop", "number", "owner")

    def __init__(self, loop: asyncio.AbstractEventLoop, owner: LoopLag) -> None:
        self.loop = weakref.ref(loop)
        self.owner = owner
        self.number = 0
        self.asked: float | None = None

    def ask(self, loop: asyncio.AbstractEventLoop) -> None:
        self.number += 1
        self.asked = perf_counter()
        loop.call_soon_threadsafe(self.answer, self.number)

    def answer(self, number: int) -> None:
        """Run in the loop."""
        asked = self.asked
        if asked is not None and number == self.number:
            self.asked = None
            self.owner.measured(perf_counter() - asked)


class LoopLag:
    """Measures the loops that it was shown, for as long as they live.

    Attributes:
        watched: the loops by their identity.
    """

    def __init__(self) -> None:
        self.watched: dict[int, _Watched] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._tally = Tally()
        self._last = 0.0
        self._max = 0.0

    def watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Measure a loop from now on.

        Args:
            loop: one that is running.
        """
        with self._lock:
            if self._stop.is_set():
                return
            self.watched[id(loop)] = _Watched(loop, self)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="greenshift-loop-lag", daemon=True)
                self._thread.start()

    def measured(self, seconds: float) -> None:
        """Take a measurement.

        Args:
            seconds: from the question to the answer.
        """
        self._tally.add(seconds)
        self._last = seconds
        self._max = max(self._max, seconds)

    def state(self) -> LoopLagState:
        """Return what was measured so far."""
        now = perf_counter()
        watched = list(self.watched.values())
        pending = max((now - asked for one in watched if (asked := one.asked) is not None), default=0.0)
        last = max(self._last, pending) if watched else 0.0
        running = sum(1 for one in watched if (loop := one.loop()) is not None and loop.is_running())
        return LoopLagState(running, last, max(self._max, pending), self._tally.histogram())

    def close(self) -> None:
        """End the thread."""
        self._stop.set()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout=5)

    def _run(self) -> None:
        while not self._stop.wait(INTERVAL):
            for key, one in list(self.watched.items()):
                if not self._visit(one):
                    with self._lock:
                        if self.watched.get(key) is one:
                            del self.watched[key]
            with self._lock:
                if not self.watched:
                    self._thread = None
                    return

    @staticmethod
    def _visit(one: _Watched) -> bool:
        loop = one.loop()
        if loop is None or loop.is_closed():
            return False
        if not loop.is_running():
            # Nobody runs it: whatever it answers later is no delay.
            one.asked = None
        elif one.asked is None:
            try:
                one.ask(loop)
            except RuntimeError:  # closed in between
                return False
        return True
