"""Durations counted into fixed buckets; adding one costs an append, which matters at every statement."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import deque
from typing import Final

from greenshift.observe.snapshot import Histogram

# Seconds; from what a socket answers in to what no user waits for.
BOUNDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
# Sorted at once, so many take a tenth of a millisecond.
_BATCH: Final = 512


class Tally:
    """A histogram that grows. Threads may add to it."""

    __slots__ = ("_append", "_counts", "_lock", "_new", "_sum")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._new: deque[float] = deque()
        self._append = self._new.append
        self._counts = [0] * (len(BOUNDS) + 1)
        self._sum = 0.0

    def add(self, seconds: float) -> None:
        """Add one duration.

        Args:
            seconds: how long.
        """
        self._append(seconds)
        if len(self._new) >= _BATCH:
            self.fold()

    def fold(self) -> None:
        """Count what was added."""
        with self._lock:
            batch = [self._new.popleft() for _ in range(len(self._new))]
            batch.sort()
            below = 0
            for index, bound in enumerate(BOUNDS):
                up_to = bisect_right(batch, bound, below)
                self._counts[index] += up_to - below
                below = up_to
            self._counts[-1] += len(batch) - below
            self._sum += sum(batch)

    def histogram(self) -> Histogram:
        """Return what was counted so far."""
        self.fold()
        with self._lock:
            return Histogram(BOUNDS, tuple(self._counts), self._sum)
