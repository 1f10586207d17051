"""The time that is measured in one process, and which requests count in it."""

from __future__ import annotations

import math
from time import perf_counter


class Window:
    """When measuring begins and ends, and how many requests count.

    A request counts that begins in the window (at a fixed rate: that was due in it), whenever it is answered; while
    counted ones are under way after the window's end, the load goes on, so that the last are not answered by an
    application that has nothing else to do.

    Args:
        seconds: how long, or None for a number of requests.
        requests: how many of this process's requests count, or None.
    """

    def __init__(self, seconds: float | None, requests: int | None) -> None:
        self.begin = math.inf
        self.end = math.inf
        self.under_way = 0
        self._seconds = seconds
        self._left = requests

    def open(self) -> None:
        """Begin to measure, now."""
        self.begin = perf_counter()
        if self._seconds is not None:
            self.end = self.begin + self._seconds

    def counts(self, begun: float) -> bool:
        """Take a request that begins into the count, if it is to be counted.

        Args:
            begun: when it began or was due.
        """
        if not self.begin <= begun < self.end:
            return False
        if self._left is not None:
            if self._left <= 0:
                return False
            self._left -= 1
        self.under_way += 1
        return True

    def answered(self, ended: float) -> None:
        """Take note that a counted request has ended."""
        self.under_way -= 1
        if self._left == 0 and not self.under_way and self.end == math.inf:
            self.end = ended

    def holds(self, ended: float, *, counted: bool) -> bool:
        """Whether an answer is one of the answers in the window.

        Args:
            ended: when it arrived.
            counted: whether its request counts. Where a number of requests is measured, no others are: those of the
                warm-up would make the throughput look better than so many requests in so much time.
        """
        return self.begin <= ended <= self.end and (counted or self._left is None)

    @property
    def used_up(self) -> bool:
        """Whether as many requests have begun as are wanted; never, where time is what ends it."""
        return self._left is not None and self._left <= 0

    @property
    def over(self) -> bool:
        """Whether all that counts has ended."""
        return perf_counter() >= self.end and not self.under_way

    @property
    def seconds(self) -> float:
        """How long it was open."""
        return self.end - self.begin
