"""The figures of a step over its rounds, and how each is written."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from greenshift.load.comparison.statistics import Spread
from greenshift.load.driven import EndpointLoad
from greenshift.load.latency import LatencyHistogram
from greenshift.load.results import Inside, Measurement


@dataclass(frozen=True)
class Metric:
    """A figure that the generator measures.

    Args:
        name: as a target names it.
        title: as a report names it.
        unit: ``s`` for durations, ``/s``, ``%``, or nothing for numbers.
        more_is_better: whether more of it is better.
        of: takes it from a measurement.
    """

    name: str
    title: str
    unit: str
    more_is_better: bool
    of: Callable[[Measurement], float]

    def spread(self, measurements: Sequence[Measurement]) -> Spread:
        """Return it over the rounds; a round whose generator was saturated has none."""
        return Spread(tuple(math.nan if one.driven.saturated else self.of(one) for one in measurements))

    def words(self, value: float) -> str:
        """Return a value as people read it."""
        return written(value, self.unit)

    def spread_words(self, spread: Spread) -> str:
        """Return the median, and the range where there are several rounds."""
        if len(spread.values) < 2 or math.isnan(spread.median):
            return self.words(spread.median)
        return f"{self.words(spread.median)} ({self.words(spread.low)} to {self.words(spread.high)})"


METRICS: Final = {
    metric.name: metric
    for metric in (
        Metric("throughput", "throughput", "/s", True, lambda one: one.driven.throughput),
        Metric("mean", "mean", "s", False, lambda one: one.driven.latency.mean),
        Metric("p50", "p50", "s", False, lambda one: one.driven.latency.p50),
        Metric("p90", "p90", "s", False, lambda one: one.driven.latency.p90),
        Metric("p95", "p95", "s", False, lambda one: one.driven.latency.p95),
        Metric("p99", "p99", "s", False, lambda one: one.driven.latency.p99),
        Metric("errors", "errors", "%", False, lambda one: _share(one.driven.errors, one.driven.requests)),
        Metric("timeouts", "timeouts", "%", False, lambda one: _share(one.driven.timeouts, one.driven.requests)),
    )
}
# What a comparison judges: of percentiles one, and one of the tail.
JUDGED: Final = ("throughput", "mean", "p95", "p99")


def inside_spread(measurements: Sequence[Measurement], of: Callable[[Inside], float]) -> Spread:
    """Return a figure from inside of the application over the rounds.

    Args:
        measurements: a round each.
        of: takes the figure.
    """
    return Spread(tuple(math.nan if one.inside is None else float(of(one.inside)) for one in measurements))


def written(value: float, unit: str = "") -> str:
    """Return a number with its unit, with three significant digits.

    Args:
        value: durations in seconds, shares from 0 to 1.
        unit: ``s``, ``/s``, ``%`` or nothing.
    """
    if math.isnan(value):
        return "-"
    if math.isinf(value):
        return "no limit"
    if unit == "s":
        return f"{_digits(value)} s" if value >= 1 else f"{_digits(value * 1000)} ms"
    if unit == "%":
        return f"{_digits(value * 100)} %"
    return f"{_digits(value)}{unit}"


def _digits(value: float) -> str:
    if abs(value) >= 99.95:
        return f"{value:,.0f}"
    if abs(value) >= 9.995:
        return f"{value:.1f}"
    return f"{value:.2f}" if value else "0"


def _share(count: int, of: int) -> float:
    return count / of if of else 0.0


def endpoints_of(measurements: Sequence[Measurement]) -> dict[str, EndpointLoad]:
    """Return the steps of the scenario by name, all rounds together, in the scenario's order.

    Args:
        measurements: a round each, of one version and one step of load.
    """
    found: dict[str, list[EndpointLoad]] = {}
    for endpoint in (endpoint for one in measurements for endpoint in one.driven.endpoints):
        found.setdefault(endpoint.name, []).append(endpoint)
    return {
        name: EndpointLoad(
            name,
            sum(one.requests for one in rounds),
            sum(one.errors for one in rounds),
            sum(one.timeouts for one in rounds),
            LatencyHistogram.merged(one.latency for one in rounds),
        )
        for name, rounds in found.items()
    }
