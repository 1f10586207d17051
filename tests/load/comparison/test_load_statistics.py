"""When a difference between rounds is more than noise."""

from __future__ import annotations

import math
import random

import pytest

from greenshift.load.comparison import statistics
from greenshift.load.comparison.statistics import Direction, Spread, difference, mann_whitney


def compared(first: list[float], second: list[float], *, more_is_better: bool = True) -> Direction:
    return difference(Spread(tuple(first)), Spread(tuple(second)), more_is_better=more_is_better).direction


def test_one_round_claims_nothing():
    assert compared([100], [1000]) is Direction.UNKNOWN


def test_rounds_that_were_invalid_do_not_count():
    assert compared([100, math.nan, math.nan], [1000, 1000, 1000]) is Direction.UNKNOWN
    assert compared([math.nan], [math.nan]) is Direction.UNKNOWN


def test_few_rounds_must_lie_further_apart_than_they_are_wide():
    assert compared([100, 104, 102], [140, 145, 143]) is Direction.BETTER
    assert compared([140, 145, 143], [100, 104, 102]) is Direction.WORSE
    assert compared([100, 120, 110], [125, 150, 140]) is Direction.NOISE  # apart by 5, and 25 wide
    assert compared([100, 120, 110], [115, 150, 140]) is Direction.NOISE


def test_less_is_better_for_latencies():
    assert compared([0.10, 0.11], [0.05, 0.051], more_is_better=False) is Direction.BETTER
    assert compared([0.05, 0.051], [0.10, 0.11], more_is_better=False) is Direction.WORSE


def test_a_difference_below_two_percent_is_none_however_sure():
    assert compared([100.0, 100.1, 100.2, 100.1, 100.0], [101.0, 101.1, 101.2, 101.1, 101.0]) is Direction.NOISE


def test_four_rounds_are_judged_by_mann_whitney():
    found = difference(Spread((100, 90, 95, 105)), Spread((106, 110, 108, 120)), more_is_better=True)
    assert found.direction is Direction.BETTER
    assert found.p == pytest.approx(2 / 70)
    assert found.ratio == pytest.approx(109 / 97.5)
    assert compared([100, 90, 95, 107], [106, 110, 108, 120]) is Direction.NOISE


@pytest.mark.parametrize(
    ("first", "second", "p"),
    [
        # Counted by hand: of the 252 ways to divide ten values, 1 has U = 0, 1 has 1, 2 have 2, 3 have 3; both ends.
        ([1, 2, 3, 4, 5], [6, 7, 8, 9, 10], 2 / 252),
        ([1, 2, 3, 4, 7.5], [5.5, 6.5, 8, 9, 10], 8 / 252),
        ([1, 2, 3, 4, 8], [5.5, 6, 7, 9, 10], 14 / 252),
        ([1, 1, 1, 1], [1, 1, 1, 1], 1.0),
    ],
)
def test_mann_whitney_is_exact_for_small_samples(first, second, p):
    assert mann_whitney(first, second) == pytest.approx(p)


def test_the_normal_approximation_continues_the_exact_one(monkeypatch):
    first, second = list(range(0, 20, 2)), list(range(7, 27, 2))
    exact = mann_whitney(first, second)
    monkeypatch.setattr(statistics, "_EXACT_UP_TO", 0)
    assert exact < 0.1
    assert mann_whitney(first, second) == pytest.approx(exact, rel=0.1)


def test_equal_versions_seldom_differ():
    chance = random.Random(7)
    claimed = sum(
        compared([chance.gauss(100, 10) for _ in range(rounds)], [chance.gauss(100, 10) for _ in range(rounds)])
        in {Direction.BETTER, Direction.WORSE}
        for rounds in (2, 3, 5)
        for _ in range(400)
    )
    assert claimed / 1200 < 0.08


def test_a_spread_has_median_and_range():
    spread = Spread((3.0, math.nan, 1.0, 2.0))
    assert (spread.low, spread.median, spread.high) == (1.0, 2.0, 3.0)
    assert math.isnan(Spread(()).median)
