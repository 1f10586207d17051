"""A histogram of latencies that can be merged: a percentile of several processes is never an average of percentiles."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

_PER_E = 100  # buckets for each factor of e: a bucket is 1 % wide, so a percentile is right to 0.5 %
_LOWEST = 1e-6  # seconds: what is quicker counts as this


class LatencyHistogram:
    """How often each latency was seen, in buckets of equal ratio (1 % wide), with the exact sum, least and most.

    Made for latencies from a microsecond to hours in a few hundred numbers, as HdrHistogram is
    (https://hdrhistogram.github.io/HdrHistogram/); merged histograms are what one histogram of all would have been.

    Args:
        seconds: latencies to begin with.
    """

    __slots__ = ("_buckets", "count", "highest", "lowest", "total")

    def __init__(self, seconds: Iterable[float] = ()) -> None:
        self._buckets: dict[int, int] = {}
        self.count = 0
        self.total = 0.0
        self.lowest = math.inf
        self.highest = 0.0
        for value in seconds:
            self.add(value)

    def add(self, seconds: float) -> None:
        """Count one latency.

        Args:
            seconds: how long it took; a negative one counts as nothing.
        """
        bucket = int(math.log(seconds / _LOWEST) * _PER_E) if seconds > _LOWEST else 0
        self._buckets[bucket] = self._buckets.get(bucket, 0) + 1
        self.count += 1
        self.total += seconds
        if seconds > self.highest:
            self.highest = seconds
        if seconds < self.lowest:
            self.lowest = seconds

    def merge(self, other: LatencyHistogram) -> None:
        """Count all that another histogram counted as well."""
        for bucket, count in other._buckets.items():
            self._buckets[bucket] = self._buckets.get(bucket, 0) + count
        self.count += other.count
        self.total += other.total
        self.lowest = min(self.lowest, other.lowest)
        self.highest = max(self.highest, other.highest)

    @classmethod
    def merged(cls, histograms: Iterable[LatencyHistogram]) -> LatencyHistogram:
        """Return a new histogram of all that these counted."""
        whole = cls()
        for histogram in histograms:
            whole.merge(histogram)
        return whole

    def percentile(self, share: float) -> float:
        """Return the latency that this share of the requests did not exceed.

        Args:
            share: from 0 to 1: 0.99 is p99.

        Returns:
            Seconds, right to 0.5 %; nan where nothing was counted.
        """
        if not self.count:
            return math.nan
        wanted = max(1, math.ceil(share * self.count))
        seen = 0
        for bucket in sorted(self._buckets):
            seen += self._buckets[bucket]
            if seen >= wanted:
                return min(max(_middle(bucket), self.lowest), self.highest)
        return self.highest

    @property
    def mean(self) -> float:
        """The mean in seconds, exact; nan where nothing was counted."""
        return self.total / self.count if self.count else math.nan

    @property
    def p50(self) -> float:
        """The median in seconds."""
        return self.percentile(0.5)

    @property
    def p90(self) -> float:
        """Seconds that 90 % did not exceed."""
        return self.percentile(0.9)

    @property
    def p95(self) -> float:
        """Seconds that 95 % did not exceed."""
        return self.percentile(0.95)

    @property
    def p99(self) -> float:
        """Seconds that 99 % did not exceed."""
        return self.percentile(0.99)

    @property
    def max(self) -> float:
        """The longest in seconds, exact; nan where nothing was counted."""
        return self.highest if self.count else math.nan

    def share_within(self, seconds: float) -> float:
        """Return the share (0 to 1) of the requests that took at most so long; nan where nothing was counted."""
        if not self.count:
            return math.nan
        return sum(count for bucket, count in self._buckets.items() if _middle(bucket) <= seconds) / self.count

    def buckets(self) -> list[tuple[float, int]]:
        """Return the buckets that hold something: the middle of each in seconds, and how many, quickest first."""
        return [(_middle(bucket), self._buckets[bucket]) for bucket in sorted(self._buckets)]

    def as_dict(self) -> dict[str, Any]:
        """Return it as data for JSON; `from_dict` takes it back."""
        return {
            "count": self.count,
            "total": self.total,
            "lowest": self.lowest if self.count else None,
            "highest": self.highest,
            "per_e": _PER_E,
            "buckets": [[bucket, self._buckets[bucket]] for bucket in sorted(self._buckets)],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> LatencyHistogram:
        """Return the histogram that `as_dict` described.

        Raises:
            ValueError: it was written with buckets of another width.
        """
        if data["per_e"] != _PER_E:
            raise ValueError(f"a histogram with {data['per_e']} buckets a factor of e, and these have {_PER_E}")
        histogram = cls()
        histogram._buckets = {int(bucket): int(count) for bucket, count in data["buckets"]}
        histogram.count = int(data["count"])
        histogram.total = float(data["total"])
        histogram.lowest = math.inf if data["lowest"] is None else float(data["lowest"])
        histogram.highest = float(data["highest"])
        return histogram

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LatencyHistogram) and self.as_dict() == other.as_dict()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        if not self.count:
            return "LatencyHistogram(nothing)"
        return f"LatencyHistogram({self.count} requests, p50 {self.p50 * 1000:.3g} ms, p99 {self.p99 * 1000:.3g} ms)"


def _middle(bucket: int) -> float:
    return _LOWEST * math.exp((bucket + 0.5) / _PER_E)
