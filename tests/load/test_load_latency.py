"""The histogram: percentiles within half a percent, and merged ones as if all had been counted in one."""

from __future__ import annotations

import json
import math
import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenshift.load.latency import LatencyHistogram

_LATENCIES = st.lists(st.floats(1e-6, 3600), min_size=1, max_size=200)


def _exact(values: list[float], share: float) -> float:
    return sorted(values)[max(1, math.ceil(share * len(values))) - 1]


@given(values=_LATENCIES, share=st.floats(0, 1))
def test_a_percentile_is_right_to_half_a_percent(values: list[float], share: float) -> None:
    assert LatencyHistogram(values).percentile(share) == pytest.approx(_exact(values, share), rel=0.0051)


@given(parts=st.lists(_LATENCIES, min_size=1, max_size=5))
def test_a_merged_histogram_is_one_of_all_values(parts: list[list[float]]) -> None:
    merged = LatencyHistogram.merged(LatencyHistogram(part) for part in parts)
    whole = LatencyHistogram(value for part in parts for value in part)
    assert merged.buckets() == whole.buckets()
    assert (merged.count, merged.lowest, merged.max) == (whole.count, whole.lowest, whole.max)
    assert merged.mean == pytest.approx(whole.mean)


def test_a_merged_percentile_is_no_average_of_percentiles() -> None:
    quick, slow = [0.001] * 990, [1.0] * 10
    merged = LatencyHistogram.merged([LatencyHistogram(quick), LatencyHistogram(slow)])
    assert merged.p99 == pytest.approx(0.001, rel=0.01)
    assert merged.percentile(0.991) == pytest.approx(1.0, rel=0.01)


def test_mean_least_and_most_are_exact() -> None:
    chance = random.Random(7)
    values = [chance.lognormvariate(-4, 1) for _ in range(1000)]
    histogram = LatencyHistogram(values)
    assert histogram.mean == pytest.approx(statistics.fmean(values))
    assert histogram.max == max(values)
    assert histogram.lowest == min(values)


def test_it_survives_json() -> None:
    histogram = LatencyHistogram([0.001, 0.2, 3])
    assert LatencyHistogram.from_dict(json.loads(json.dumps(histogram.as_dict()))) == histogram
    empty = LatencyHistogram()
    assert LatencyHistogram.from_dict(json.loads(json.dumps(empty.as_dict()))) == empty


def test_one_with_other_buckets_is_refused() -> None:
    with pytest.raises(ValueError, match="50 buckets"):
        LatencyHistogram.from_dict({**LatencyHistogram([1]).as_dict(), "per_e": 50})


def test_nothing_counted_has_no_figures() -> None:
    empty = LatencyHistogram()
    assert math.isnan(empty.p50)
    assert math.isnan(empty.mean)
    assert math.isnan(empty.max)


def test_the_share_within_a_latency() -> None:
    histogram = LatencyHistogram([0.010] * 3 + [0.500])
    assert histogram.share_within(0.1) == 0.75
    assert histogram.share_within(1) == 1


def test_what_took_no_time_is_counted() -> None:
    histogram = LatencyHistogram([0.0, -1e-9])
    assert histogram.count == 2
    assert histogram.p99 <= 2e-6
