"""The plots of a load comparison."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

from greenshift.load.comparison.figures import METRICS
from greenshift.load.comparison.targets import Target
from greenshift.load.latency import LatencyHistogram
from greenshift.load.results import Load, Measurement, Moment
from greenshift.load.step import Step
from greenshift.report.page import Plot, Series

# Shares at which a distribution is drawn: close together where it is steep, and in the tail.
_SHARES = (0.01, 0.05, *(number / 20 for number in range(2, 19)), 0.95, 0.97, 0.98, 0.99, 0.995, 0.999, 1.0)


def over_concurrency(load: Load, targets: Sequence[Target]) -> Iterator[Plot]:
    """Give throughput and latency over the number of users, and over the offered rate.

    Args:
        load: what was measured.
        targets: drawn as dashed lines.
    """
    users = [step for step in load.steps if step.rate is None]
    rates = [step for step in load.steps if step.rate is not None]
    if len(users) > 1:
        axis = "concurrent users"
        yield _over(load, users, axis, "throughput", "Throughput over concurrency", "answers a second", 1, targets)
        yield _over(load, users, axis, "mean", "Mean latency over concurrency", "milliseconds", 1000, targets)
        yield _over(load, users, axis, "p95", "p95 latency over concurrency", "milliseconds", 1000, targets)
    if len(rates) > 1:
        axis = "requests offered a second"
        yield _over(load, rates, axis, "throughput", "Throughput over offered rate", "answers a second", 1, targets)
        yield _over(load, rates, axis, "p95", "p95 latency over offered rate", "milliseconds", 1000, targets)


def distribution(load: Load, step: Step) -> Plot | None:
    """Return the distribution of latencies in one step, all rounds together; None where nothing was answered."""
    series = []
    for version in load.versions:
        measurements = load.of(version.label, step)
        latency = LatencyHistogram.merged(one.driven.latency for one in measurements)
        if latency.count:
            x = tuple(latency.percentile(share) * 1000 for share in _SHARES)
            series.append(Series(version.label, x, tuple(share * 100 for share in _SHARES)))
    if not series:
        return None
    title = f"Latencies with {step.label}"
    return Plot(title, "milliseconds", "% of the requests at most", tuple(series), x_scale="log")


def over_time(load: Load, step: Step) -> Iterator[Plot]:
    """Give what went on inside of the application during one step, in the first round.

    Args:
        load: what was measured.
        step: the step.
    """
    first = {version.label: _first(load.of(version.label, step)) for version in load.versions}
    if not any(one is not None and one.inside is not None for one in first.values()):
        return
    with_step = f"with {step.label}, round 1"
    yield _moments(f"Event loop {with_step}", "late by, milliseconds", first, lambda one: one.loop_lag * 1000)
    yield _moments(f"Connections in use {with_step}", "connections", first, lambda one: one.pool_in_use)
    yield _moments(f"Waiting for a connection {with_step}", "requests", first, lambda one: one.pool_waiting)
    yield _moments(f"Waiting for a thread {with_step}", "requests", first, lambda one: one.threads_waiting)
    yield _moments(f"Processor {with_step}", "% of one core", first, lambda one: one.processor * 100)


def _first(measurements: Sequence[Measurement]) -> Measurement | None:
    return measurements[0] if measurements else None


def _moments(title: str, y_label: str, first: dict[str, Measurement | None], of: Callable[[Moment], float]) -> Plot:
    series = tuple(
        Series(
            label,
            tuple(one.at for one in found.inside.over_time),
            tuple(float(of(one)) for one in found.inside.over_time),
        )
        for label, found in first.items()
        if found is not None and found.inside is not None
    )
    return Plot(title, "seconds", y_label, series)


def _over(
    load: Load,
    steps: Sequence[Step],
    axis: str,
    name: str,
    title: str,
    y_label: str,
    scale: float,
    targets: Sequence[Target],
) -> Plot:
    metric = METRICS[name]
    series = []
    for version in load.versions:
        points = []
        for step in steps:
            spread = metric.spread(load.of(version.label, step))
            x = float((step.rate if step.rate is not None else step.users) or 0)
            if not math.isnan(spread.median):
                points.append((x, spread.median * scale, spread.low * scale, spread.high * scale))
        if points:
            xs, ys, lows, highs = (tuple(column) for column in zip(*points, strict=True))
            series.append(Series(version.label, xs, ys, *((lows, highs) if load.rounds > 1 else ((), ()))))
    marks = tuple((target.value * scale, target.title) for target in targets if target.metric == name)
    return Plot(title, axis, y_label, tuple(series), marks=marks)
