"""Why a version that went asyncio is not quicker, each reason bound to a figure that was measured."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

from greenshift.load.comparison.figures import METRICS, endpoints_of, inside_spread, written
from greenshift.load.comparison.statistics import Direction, difference
from greenshift.load.results import Inside, Load, Measurement
from greenshift.load.step import Step

_FULL: Final = 0.9
_MACHINE_FULL: Final = 0.93
_NOTABLE: Final = 1.05
_MANY_TIMES: Final = 2
_LATE: Final = 0.1
_POOL_FULL: Final = 0.8
_SHARE_OF_WAITING: Final = 0.3
_SLOWER: Final = 1.2
_NAMED: Final = 3


def reasons(load: Load, step: Step) -> list[str]:
    """Say why the version after is not quicker in a step; nothing where it is, or where there is one version.

    Args:
        load: what was measured.
        step: the step.
    """
    if len(load.versions) != 2:
        return []
    before, after = (load.of(version.label, step) for version in load.versions)
    metric = METRICS["throughput" if step.rate is None else "mean"]
    found_difference = difference(metric.spread(before), metric.spread(after), more_is_better=metric.more_is_better)
    quicker = (found_difference.ratio > 1) == metric.more_is_better
    if found_difference.direction is Direction.BETTER or (found_difference.direction is Direction.UNKNOWN and quicker):
        return []
    if not _median(after, lambda one: one.requests) > 0:
        return []
    found = [
        *_statements(before, after),
        *_slower_steps(load),
        *_processor(load, step, before, after),
        *_machine(before, after),
        *_waiting(load, after),
        *_pool(after),
        *_threads(step, before),
        *_loop(before, after),
        *_bridged(load),
    ]
    return found or ["None of the figures measured inside of the application says why."]


def _median(measurements: Sequence[Measurement], of: Callable[[Inside], float]) -> float:
    return inside_spread(measurements, of).median


def _processor(load: Load, step: Step, before: Sequence[Measurement], after: Sequence[Measurement]) -> list[str]:
    used = _median(after, lambda one: one.processor / one.workers)
    each_before, each_after = (_median(one, lambda inside: inside.processor_seconds) for one in (before, after))
    found = []
    if used >= _FULL:
        cores = "its core" if load.workers == 1 else f"each of its {load.workers} cores"
        found.append(
            f"The version after uses {written(used, '%')} of {cores} with {step.label}: Python's own work is the "
            f"limit, {written(each_after, 's')} of processor a request (before: {written(each_before, 's')}), not "
            "waiting. Asyncio makes waiting cheap, not work; more workers would help."
        )
    elif each_before and each_after / each_before > _NOTABLE:
        found.append(
            f"A request takes {written(each_after, 's')} of processor after, {written(each_before, 's')} before."
        )
    return found


def _machine(before: Sequence[Measurement], after: Sequence[Measurement]) -> list[str]:
    used = min((one.driven.machine for one in [*before, *after]), default=0.0)
    if used < _MACHINE_FULL:
        return []
    return [
        f"All cores of this machine are in use ({written(used, '%')} at least): application, PostgreSQL and the load "
        "generator share them, and each version has only what is left."
    ]


def _waiting(load: Load, after: Sequence[Measurement]) -> list[str]:
    """Look at one request alone, in the smallest step: there its waiting is not mixed with that for others."""
    smallest = _smallest(load)
    label = load.versions[0].label
    measurements = load.of(label, smallest) if smallest is not None else []
    waited = _median(measurements, lambda one: one.database_seconds)
    statements = _median(measurements, lambda one: one.statements)
    worked = _median(measurements, lambda one: one.processor_seconds)
    if math.isnan(waited) or waited > _SHARE_OF_WAITING * (waited + worked):
        return []
    assert smallest is not None
    place = "it is on the same machine" if not load.delay else f"it is {written(load.delay, 's')} away"
    hint = " --database-delay puts it as far away as in production." if not load.delay else ""
    return [
        f"With {smallest.label} a request of the version before waits {written(waited, 's')} for the database "
        f"({written(statements)} statements; {place}) and takes {written(worked, 's')} of processor: there is little "
        f"waiting that could be used.{hint}"
    ]


def _pool(after: Sequence[Measurement]) -> list[str]:
    waiting = _median(after, lambda one: one.pool_waiting)
    used = _median(after, lambda one: one.pool_in_use)
    inside = next((one.inside for one in after if one.inside is not None), None)
    limit = sum(pool.limit for pool in inside.pools) * inside.workers if inside is not None else math.inf
    if not waiting >= 1 or not used >= _POOL_FULL * limit:
        return []
    return [
        f"{written(waiting)} requests wait for a connection on average, {written(used)} of at most {written(limit)} "
        "are in use: the pool sets the pace, with threads as with asyncio. Hold connections for less long, or make it "
        "larger."
    ]


def _threads(step: Step, before: Sequence[Measurement]) -> list[str]:
    limit = _median(before, lambda one: one.thread_limit * one.workers)
    used = _median(before, lambda one: one.threads_in_use)
    waiting = _median(before, lambda one: one.threads_waiting)
    if math.isnan(limit) or waiting >= 1 or step.rate is not None:
        return []
    return [
        f"The version before has threads enough: {written(used)} of Starlette's {written(limit)} in use on average "
        f"with {step.label}, and nobody waits for one."
    ]


def _loop(before: Sequence[Measurement], after: Sequence[Measurement]) -> list[str]:
    late, earlier = (_median(one, lambda inside: inside.loop_lag_p99) for one in (after, before))
    if not late > _LATE:
        return []
    return [
        f"The event loop of the version after is late by {written(late, 's')} at p99 (before: "
        f"{written(earlier, 's')}): something in it works or blocks for long, and everybody waits."
    ]


def _statements(before: Sequence[Measurement], after: Sequence[Measurement]) -> list[str]:
    """Look at all requests, and at the route that grew most: slow requests are few, and hardly move the mean."""
    first, second = (_median(one, lambda inside: inside.statements) for one in (before, after))
    earlier = {name: statements for name, statements, _ in route_costs(before)}
    most = max(
        (
            (statements - earlier[name], name, statements)
            for name, statements, _ in route_costs(after)
            if name in earlier
        ),
        default=(0.0, "", 0.0),
    )
    found = []
    if second > _NOTABLE * first:
        found.append(
            f"The version after sends {written(second)} statements a request, the one before {written(first)}."
        )
    if most[0] >= 1 and (found or most[2] > _MANY_TIMES * earlier[most[1]]):
        found.append(
            f"For each {most[1]} the version after sends {written(most[2])} statements, the one before "
            f"{written(earlier[most[1]])}."
        )
    return found


def route_costs(measurements: Sequence[Measurement]) -> list[tuple[str, float, float]]:
    """Return each route's statements and database seconds a request, over all rounds, the most statements first.

    Args:
        measurements: a round each.
    """
    sums: dict[str, list[float]] = {}
    for route in (route for one in measurements if one.inside is not None for route in one.inside.routes):
        total = sums.setdefault(route.name, [0.0, 0.0, 0.0])
        total[0] += route.requests
        total[1] += route.requests * route.statements
        total[2] += route.requests * route.database_seconds
    found = [(name, statements / count, seconds / count) for name, (count, statements, seconds) in sums.items()]
    return sorted(found, key=lambda one: -one[1])


def _slower_steps(load: Load) -> list[str]:
    """Name the requests that most of the added time goes into, where they do not queue behind each other."""
    smallest = _smallest(load)
    if smallest is None:
        return []
    earlier, later = (endpoints_of(load.of(version.label, smallest)) for version in load.versions)
    means = {name: (earlier[name].latency.mean, later[name].latency.mean) for name in later if name in earlier}
    added = {
        name: (after - before) * later[name].requests
        for name, (before, after) in means.items()
        if after > _SLOWER * before
    }
    most = sorted(added, key=lambda name: -added[name])[:_NAMED]
    if not most:
        return []
    each = ", ".join(f"{name} ({' -> '.join(written(mean, 's') for mean in means[name])})" for name in most)
    return [f"With {smallest.label}, most time is added to: {each}."]


def _smallest(load: Load) -> Step | None:
    users = [step for step in load.steps if step.users is not None]
    return min(users, key=lambda one: one.users or 0, default=None)


def _bridged(load: Load) -> list[str]:
    number = load.versions[1].bridged
    if not number:
        return []
    return [
        f"The version after still runs sync code in {number} {'place' if number == 1 else 'places'} (run_sync, "
        "run_in_threadpool, to_thread): each crosses between greenlets or threads."
    ]
