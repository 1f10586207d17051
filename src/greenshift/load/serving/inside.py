"""From the samples of an application's workers to what happened in it during one measurement."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from greenshift.load.results import Inside, Moment, PoolSettings, RouteCost

Sample = dict[str, Any]


def inside_of(workers: Sequence[Sequence[Sample]], begin: float) -> Inside | None:
    """Sum up what was sampled.

    Args:
        workers: the samples of each worker, in the order of time.
        begin: when the measurement began, by ``time.monotonic``.

    Returns:
        None where there are too few samples to say anything.
    """
    workers = [samples for samples in workers if len(samples) >= 2]
    if not workers:
        return None
    requests = sum(_grown(samples, "requests") for samples in workers)
    lags = sorted(lag for samples in workers for one in samples[1:] for lag in one["loop_lag"]) or [0.0]
    engines = [_engine_growth(samples) for samples in workers]
    waits = sum(one[0] for one in engines)
    waited = sum(one[1] for one in engines)
    limits = [one["thread_limit"] for samples in workers for one in samples if one["thread_limit"]]
    return Inside(
        processor=sum(_grown(samples, "processor") / _span(samples) for samples in workers),
        workers=len(workers),
        requests=int(requests),
        statements=_each(sum(_grown(samples, "statements") for samples in workers), requests),
        database_seconds=_each(sum(_grown(samples, "database_seconds") for samples in workers), requests),
        processor_seconds=_each(sum(_grown(samples, "processor") for samples in workers), requests),
        loop_lag_p50=_share(lags, 0.5),
        loop_lag_p99=_share(lags, 0.99),
        loop_lag_max=lags[-1],
        threads=sum(max(one["threads"] for one in samples) for samples in workers),
        thread_limit=limits[0]["limit"] if limits else math.nan,
        threads_in_use=_mean_of_threads(workers, "in_use"),
        threads_waiting=_mean_of_threads(workers, "waiting"),
        pool_in_use=sum(_mean([_over(one, "in_use") for one in samples]) for samples in workers),
        pool_in_use_most=sum(int(max(_over(one, "in_use") for one in samples)) for samples in workers),
        pool_waiting=sum(_mean([_over(one, "waiting") for one in samples]) for samples in workers),
        pool_waits=waits,
        pool_wait_mean=_each(waited, waits) if waits else 0.0,
        pool_longest_wait=max(
            (engine["longest_waiting"] for samples in workers for one in samples for engine in one["engines"]),
            default=0.0,
        ),
        pool_timeouts=sum(one[2] for one in engines),
        pools=_pools(workers[0][-1]),
        routes=_routes(workers),
        over_time=_over_time(workers, begin),
    )


def _grown(samples: Sequence[Sample], name: str) -> float:
    return float(samples[-1][name] - samples[0][name])


def _span(samples: Sequence[Sample]) -> float:
    return max(1e-9, float(samples[-1]["at"] - samples[0]["at"]))


def _each(total: float, count: float) -> float:
    return total / count if count else math.nan


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _share(ordered: Sequence[float], share: float) -> float:
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def _over(sample: Sample, name: str) -> float:
    return float(sum(engine[name] for engine in sample["engines"]))


def _mean_of_threads(workers: Sequence[Sequence[Sample]], name: str) -> float:
    return sum(_mean([one["thread_limit"][name] for one in samples if one["thread_limit"]]) for samples in workers)


def _engine_growth(samples: Sequence[Sample]) -> tuple[int, float, int]:
    """Return how many takers waited, how long together, and how many gave up, of one worker's engines.

    The first bucket of the wait histogram is of those that hardly waited: it is counted as no wait.
    """
    before = {engine["name"]: engine for engine in samples[0]["engines"]}
    waits, waited, timeouts = 0, 0.0, 0
    for engine in samples[-1]["engines"]:
        earlier = before.get(engine["name"])
        wait = engine["wait"]
        counts = list(wait["counts"])
        if earlier is not None:
            counts = [now - then for now, then in zip(counts, earlier["wait"]["counts"], strict=True)]
        waits += sum(counts[1:])
        waited += wait["sum"] - (earlier["wait"]["sum"] if earlier else 0.0)
        timeouts += engine["timeouts"] - (earlier["timeouts"] if earlier else 0)
    return waits, waited, timeouts


def _pools(sample: Sample) -> tuple[PoolSettings, ...]:
    return tuple(
        PoolSettings(engine["driver"], engine["is_async"], engine["kind"], engine["size"], engine["max_overflow"])
        for engine in sample["engines"]
    )


def _routes(workers: Sequence[Sequence[Sample]]) -> tuple[RouteCost, ...]:
    grown: dict[str, list[float]] = {}
    for samples in workers:
        for name, values in samples[-1]["endpoints"].items():
            earlier = samples[0]["endpoints"].get(name, [0, 0, 0.0])
            total = grown.setdefault(name, [0, 0, 0.0])
            for index, (now, then) in enumerate(zip(values, earlier, strict=True)):
                total[index] += now - then
    found = [
        RouteCost(name, int(count), statements / count, seconds / count)
        for name, (count, statements, seconds) in grown.items()
        if count
    ]
    return tuple(sorted(found, key=lambda route: -route.statements))


def _over_time(workers: Sequence[Sequence[Sample]], begin: float) -> tuple[Moment, ...]:
    """Lay the workers' samples over each other, by the first worker's times."""
    found = []
    for index, (earlier, later) in enumerate(pairwise(workers[0]), start=1):
        others = [samples[min(index, len(samples) - 1)] for samples in workers[1:]]
        all_of = [later, *others]
        rise = [(later["processor"] - earlier["processor"]) / max(1e-9, later["at"] - earlier["at"])]
        for samples in workers[1:]:
            last = min(index, len(samples) - 1)
            span = samples[last]["at"] - samples[last - 1]["at"]
            rise.append((samples[last]["processor"] - samples[last - 1]["processor"]) / max(1e-9, span))
        found.append(
            Moment(
                at=round(later["at"] - begin, 3),
                loop_lag=max((lag for one in all_of for lag in one["loop_lag"]), default=0.0),
                pool_in_use=int(sum(_over(one, "in_use") for one in all_of)),
                pool_waiting=int(sum(_over(one, "waiting") for one in all_of)),
                threads=sum(one["threads"] for one in all_of),
                threads_waiting=int(sum((one["thread_limit"] or {}).get("waiting", 0) for one in all_of)),
                processor=sum(rise),
            )
        )
    return tuple(found)
