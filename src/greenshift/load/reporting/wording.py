"""Sentences about what was measured, which page and text share."""

from __future__ import annotations

import math
from collections.abc import Sequence

from greenshift.load.comparison.figures import METRICS, endpoints_of, inside_spread, written
from greenshift.load.comparison.judging import Judgement, StepDifference
from greenshift.load.comparison.statistics import Direction
from greenshift.load.results import Load, Measurement
from greenshift.load.step import Step

SHORT_HEADS = ("step", "version", "answers", "mean", "p50", "p95", "p99", "failed", "generator")
ROW_HEADS = ("step", "version", "throughput", "mean", "p50", "p90", "p95", "p99", "errors", "timeouts", "generator")
INSIDE_HEADS = (
    *(
        "step",
        "version",
        "processor",
        "processor a request",
        "loop late p50",
        "loop late p99",
        "threads",
        "for a thread",
    ),
    *("connections", "for a connection", "database a request", "statements a request"),
)


def title_of(load: Load) -> str:
    """Return what was compared, in a few words."""
    if len(load.versions) == 2:
        return f"{load.versions[0].name} against {load.versions[1].name}"
    return load.versions[0].name


def subtitle_of(load: Load) -> str:
    """Return on what, how and when it was measured."""
    rounds = "1 round" if load.rounds == 1 else f"{load.rounds} alternating rounds"
    if len(load.versions) == 1 and load.rounds > 1:
        rounds = f"{load.rounds} rounds"
    database = ""
    if load.database:
        database = f", {load.database}"
        database += f" put {written(load.delay, 's')} away" if load.delay else " without added latency"
    return f"{load.scenario}: {rounds}{database}; {load.machine}; {load.at}"


def measured_row(load: Load, step: Step, version: str) -> tuple[str, ...]:
    """Return the cells of `ROW_HEADS` for one version in one step: medians, with the range of the throughput.

    Args:
        load: what was measured.
        step: the step.
        version: the version's label.
    """
    measurements = load.of(version, step)
    cells = []
    for metric in METRICS.values():
        spread = metric.spread(measurements)
        cells.append(
            metric.spread_words(spread) if metric.name in {"throughput", "mean"} else metric.words(spread.median)
        )
    generator = max((one.driven.processor for one in measurements), default=math.nan)
    busy = written(generator, "%") + (" saturated" if any(one.driven.saturated for one in measurements) else "")
    return (step.label, version, *cells, busy)


def short_row(load: Load, step: Step, version: str) -> tuple[str, ...]:
    """Return the cells of `SHORT_HEADS`: medians, with half of the range in % of the median.

    Args:
        load: what was measured.
        step: the step.
        version: the version's label.
    """
    measurements = load.of(version, step)
    cells = []
    for name in ("throughput", "mean", "p50", "p95", "p99"):
        spread = METRICS[name].spread(measurements)
        around = ""
        if len(spread.values) > 1 and name in {"throughput", "mean"} and spread.median:
            around = f" ±{(spread.high - spread.low) / 2 / spread.median:.0%}"
        cells.append(METRICS[name].words(spread.median) + around)
    shares = [METRICS[name].spread(measurements).median for name in ("errors", "timeouts")]
    row = measured_row(load, step, version)
    return (*row[:2], *cells, written(sum(shares), "%"), row[-1])


def inside_row(load: Load, step: Step, version: str) -> tuple[str, ...]:
    """Return the cells of `INSIDE_HEADS` for one version in one step: medians of the rounds."""
    measurements = load.of(version, step)

    def median(name: str) -> float:
        return inside_spread(measurements, lambda inside: getattr(inside, name)).median

    return (
        step.label,
        version,
        written(median("processor"), "%"),
        written(median("processor_seconds"), "s"),
        written(median("loop_lag_p50"), "s"),
        written(median("loop_lag_p99"), "s"),
        written(median("threads")),
        written(median("threads_waiting")),
        written(median("pool_in_use")),
        written(median("pool_waiting")),
        written(median("database_seconds"), "s"),
        written(median("statements")),
    )


def has_inside(load: Load) -> bool:
    """Whether anything was seen from inside of an application."""
    return any(one.inside is not None for one in load.measurements)


def difference_words(one: StepDifference) -> str:
    """Return a difference in words: ``1.42 times (210/s -> 298/s)``, or that it is within the noise."""
    values = f"{one.metric.words(one.before.median)} -> {one.metric.words(one.after.median)}"
    if one.difference.direction in {Direction.NOISE, Direction.UNKNOWN}:
        return f"{one.metric.title} {one.difference.direction} ({values})"
    return f"{one.metric.title} {one.difference.ratio:.2f} times ({values})"


def leading(judgement: Judgement, step: Step) -> StepDifference:
    """Return the difference that tells who is quicker in a step: throughput, at a fixed rate the mean latency."""
    name = "mean" if step.rate is not None else "throughput"
    return next(one for one in judgement.differences if one.step == step and one.metric.name == name)


def verdict_words(judgement: Judgement, step: Step) -> str:
    """Return who is quicker in a step, in a few words."""
    direction = leading(judgement, step).difference.direction
    return {
        Direction.BETTER: "after is quicker",
        Direction.WORSE: "after is slower",
        Direction.NOISE: "within the noise",
        Direction.UNKNOWN: "cannot tell",
    }[direction]


def slowest_first(measurements: Sequence[Measurement]) -> list[tuple[str, ...]]:
    """Return a row for each endpoint of a version's step, all rounds together: name, requests, mean, p95, failed."""
    rows = [
        (one.latency.mean, one.name, one.requests, one.latency.p95, one.errors + one.timeouts)
        for one in endpoints_of(measurements).values()
    ]
    rows.sort(key=lambda row: -row[0] if not math.isnan(row[0]) else 0)
    return [(row[1], f"{row[2]:,}", written(row[0], "s"), written(row[3], "s"), str(row[4])) for row in rows]
