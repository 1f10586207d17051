"""When a user's next request is sent: at once, or when the fixed rate has one due."""

from __future__ import annotations

import math
from collections.abc import Callable
from time import perf_counter

from greenshift.load.generator.window import Window
from greenshift.load.latency import LatencyHistogram

# A timer of the event loop fires up to a millisecond late (epoll waits in whole milliseconds). That much is the
# generator's own, and not put down to the application.
_TIMER_GRAIN = 0.002


class ClosedTurns:
    """Each user sends again as soon as it was answered."""

    def __init__(self, window: Window) -> None:
        self._window = window

    def begin(self) -> None:
        """Begin the load."""

    def begin_measuring(self) -> None:
        """Begin to measure."""

    def next(self) -> float | None:
        """Return when the next request begins: now; None when none is to be sent any more."""
        return None if self._window.used_up else perf_counter()

    def unsent(self) -> int:
        """Return how many requests are due in the window and were not sent: none."""
        return 0

    def report(self) -> dict[str, float]:
        """Return how far requests fell behind: never."""
        return {"last": 0, "highest": 0, "oldest": 0.0}

    lateness = LatencyHistogram()


class OpenTurns:
    """Requests are due at fixed times, whether or not earlier ones were answered.

    Each time is given to the next user that is free; when none is, requests wait, and their latency counts from the
    time that they were due. Otherwise a slow answer would keep the generator from sending what a real crowd would
    have sent meanwhile, and hide just the waiting that is to be measured: "coordinated omission" (Gil Tene, "How NOT
    to Measure Latency"; his wrk2, https://github.com/giltene/wrk2, does the same).

    Args:
        window: what is measured.
        rate: requests a second of this process.
        worker: the process's number among the workers, from 0: their times lie between each other's.
        workers: how many there are.
        sleep: waits so many seconds, and lets other users go on.
    """

    def __init__(
        self, window: Window, rate: float, worker: int, workers: int, sleep: Callable[[float], object]
    ) -> None:
        self._window = window
        self._rate = rate
        self._offset = worker / workers / rate
        self._sleep = sleep
        self._origin = 0.0
        self._given = 0
        self._highest = 0
        self.lateness = LatencyHistogram()

    def begin(self) -> None:
        """Begin the load: the first request is due."""
        self._origin = perf_counter() + self._offset
        self._given = 0

    def begin_measuring(self) -> None:
        """Begin to measure: what fell behind in the warm-up is dropped."""
        due = math.ceil((perf_counter() - self._origin) * self._rate)
        self._given = max(self._given, due)

    def next(self) -> float:
        """Wait for the next time at which a request is due, and return the time from which its latency counts."""
        due = self._origin + self._given / self._rate
        self._given += 1
        now = perf_counter()
        measured = self._window.begin <= due < self._window.end
        if now >= due:
            if measured:
                self._highest = max(self._highest, self._due_by(min(now, self._window.end)) - self._given + 1)
            return due
        self._sleep(due - now)
        awake = perf_counter()
        if measured:
            self.lateness.add(awake - due)
        return awake if awake - due < _TIMER_GRAIN else due

    def unsent(self) -> int:
        """Return how many requests are due by the window's end and were not yet sent."""
        return max(0, self._due_by(self._window.end) - self._given)

    def report(self) -> dict[str, float]:
        """Return how far requests fell behind, by the window's end: to be asked then."""
        last = self.unsent()
        oldest = self._window.end - (self._origin + self._given / self._rate) if last else 0.0
        return {"last": last, "highest": max(self._highest, last), "oldest": max(0.0, oldest)}

    def _due_by(self, moment: float) -> int:
        return max(0, math.ceil((moment - self._origin) * self._rate))
