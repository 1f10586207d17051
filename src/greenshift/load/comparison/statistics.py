"""Repeats: their median and spread, and when a difference is more than noise.

The rule, for two versions measured in rounds that alternate:

- One round says nothing about noise, so no difference is claimed.
- Two or three rounds: a difference is claimed where the two ranges do not overlap and the gap between them is wider
  than the wider of the two. (By chance alone two ranges lie apart in one of three cases with two rounds each, in one
  of ten with three: that they lie apart is not enough.)
- Four rounds and more: a difference is claimed where the exact two-sided Mann-Whitney test of the rounds gives
  p <= 0.05 (H. B. Mann, D. R. Whitney, 1947; it asks for no distribution). The smallest p that four rounds each can
  give is 0.029.
- In each case the medians must differ by 2 % at least: less is of no use to anybody, and a machine drifts that much.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median
from typing import Final

SIGNIFICANCE: Final = 0.05
SMALLEST: Final = 0.02
# From here on the number of ways is counted by the normal approximation: C(20, 10) is 184,756.
_EXACT_UP_TO: Final = 20


@dataclass(frozen=True, slots=True)
class Spread:
    """One figure over the rounds.

    Args:
        values: one a round, in their order.
    """

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The median; nan where there is none."""
        known = self._known
        return median(known) if known else math.nan

    @property
    def low(self) -> float:
        """The least."""
        return min(self._known, default=math.nan)

    @property
    def high(self) -> float:
        """The most."""
        return max(self._known, default=math.nan)

    @property
    def _known(self) -> tuple[float, ...]:
        return tuple(value for value in self.values if not math.isnan(value))


class Direction(enum.StrEnum):
    """How the second of two versions stands to the first."""

    BETTER = "better"
    WORSE = "worse"
    NOISE = "within the noise"
    UNKNOWN = "cannot tell"


@dataclass(frozen=True, slots=True)
class Difference:
    """What two versions differ by in one figure.

    Args:
        direction: better or worse where it is more than noise.
        ratio: the second's median by the first's; nan where there is none.
        p: the probability of such a difference by chance, from four rounds on; nan below.
        because: by which part of the rule.
    """

    direction: Direction
    ratio: float
    p: float
    because: str


def difference(first: Spread, second: Spread, *, more_is_better: bool) -> Difference:
    """Compare one figure of two versions by the rule above.

    Args:
        first: of the version before.
        second: of the version after.
        more_is_better: whether more is better, as with throughput.
    """
    a = [value for value in first.values if not math.isnan(value)]
    b = [value for value in second.values if not math.isnan(value)]
    rounds = min(len(a), len(b))
    if rounds == 0:
        return Difference(Direction.UNKNOWN, math.nan, math.nan, "nothing was measured")
    ratio = second.median / first.median if first.median else math.nan
    if rounds == 1:
        return Difference(Direction.UNKNOWN, ratio, math.nan, "one round tells nothing about the noise")
    if math.isnan(ratio) or abs(ratio - 1) < SMALLEST:
        return Difference(Direction.NOISE, ratio, math.nan, f"the medians differ by less than {SMALLEST:.0%}")
    p = math.nan
    if rounds >= 4:
        p = mann_whitney(a, b)
        if p > SIGNIFICANCE:
            return Difference(Direction.NOISE, ratio, p, f"p = {p:.2g} over {rounds} rounds")
        because = f"p = {p:.2g} over {rounds} rounds"
    else:
        gap = max(min(b) - max(a), min(a) - max(b))
        widest = max(max(a) - min(a), max(b) - min(b))
        if gap <= widest:
            apart = "overlap" if gap < 0 else "lie closer together than each is wide"
            return Difference(Direction.NOISE, ratio, p, f"the ranges of {rounds} rounds {apart}")
        because = f"the ranges of {rounds} rounds lie apart by more than each is wide"
    better = (ratio > 1) == more_is_better
    return Difference(Direction.BETTER if better else Direction.WORSE, ratio, p, because)


def mann_whitney(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the two-sided p of the Mann-Whitney test: how often chance alone would separate two samples as much.

    Exact by counting all ways to divide the values among the samples, ties included, for up to 20 values together; by
    the normal approximation beyond that.

    Args:
        first: one sample.
        second: the other.
    """
    values = [*first, *second]
    ranks = _ranks(values)
    size = len(first)
    expected = size * (len(values) + 1) / 2
    seen = abs(sum(ranks[:size]) - expected)
    if len(values) <= _EXACT_UP_TO:
        ways = extreme = 0
        for chosen in combinations(ranks, size):
            ways += 1
            extreme += abs(sum(chosen) - expected) >= seen - 1e-9
        return extreme / ways
    deviation = math.sqrt(size * len(second) * (len(values) + 1) / 12)
    return math.erfc(max(0.0, seen - 0.5) / deviation / math.sqrt(2))


def _ranks(values: Sequence[float]) -> list[float]:
    """Return each value's rank from 1; equal values share the mean of theirs."""
    order = sorted(values)
    return [order.index(value) + (order.count(value) + 1) / 2 for value in values]
