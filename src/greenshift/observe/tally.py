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
BATCH: Final = 512


class Tally:
    """A histogram that grows. Threads may add to it.

    Attributes:
        append: adds one duration without a call of Python's; whoever uses it folds when ``new`` has ``BATCH`` of them.
        new: the durations that were not counted yet.
    """

    __slots__ = ("_counts", "_lock", "_sum", "append", "new")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.new: deque[float] = deque()
        self.append = self.new.append
        self._counts = [0] * (len(BOUNDS) + 1)
        self._sum = 0.0

    def add(self, seconds: float) -> None:
        """Add one duration.

        Args:
            seconds: how long.
        """
        self.append(seconds)
        if len(self.new) >= BATCH:
            self.fold()

    def fold(self) -> None:
        """Count what was added."""
        with self._lock:
            batch = [self.new.popleft() for _ in range(len(self.new))]
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
