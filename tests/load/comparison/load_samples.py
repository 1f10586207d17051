"""Loads as they would have been measured, for what judges and shows them."""

from __future__ import annotations

from dataclasses import replace

from greenshift.load.driven import Backlog, Driven, EndpointLoad, Failure, GeneratorProcess
from greenshift.load.latency import LatencyHistogram
from greenshift.load.results import Inside, Load, Measurement, Moment, PoolSettings, RouteCost, VersionFacts
from greenshift.load.step import Step

POOL = PoolSettings("psycopg", False, "QueuePool", 5, 10)


def driven(step: Step, throughput: float = 200.0, latency: float = 0.1, errors: int = 0, **more: object) -> Driven:
    count = int(throughput * 10)
    histogram = LatencyHistogram([latency * (0.9 + 0.2 * number / count) for number in range(count)])
    failures = (Failure("GET /items", "status 500", errors),) if errors else ()
    fields: dict[str, object] = {
        "step": step,
        "seconds": 10.0,
        "requests": count,
        "answers": count,
        "errors": errors,
        "timeouts": 0,
        "latency": histogram,
        "endpoints": (EndpointLoad("GET /items", count, errors, 0, histogram),),
        "failures": failures,
        "over_time": (),
        "processes": (GeneratorProcess("generator", 0.4, 0.5, 0.001),),
        "machine": 0.6,
        "backlog": Backlog(),
        "saturated": False,
        "reason": "",
    }
    return Driven(**{**fields, **more})  # type: ignore[arg-type]


def inside(**more: object) -> Inside:
    found = Inside(
        processor=0.5,
        workers=1,
        requests=2000,
        statements=4.0,
        database_seconds=0.02,
        processor_seconds=0.0025,
        loop_lag_p50=0.001,
        loop_lag_p99=0.01,
        loop_lag_max=0.02,
        threads=12,
        thread_limit=40.0,
        threads_in_use=10.0,
        threads_waiting=0.0,
        pool_in_use=8.0,
        pool_in_use_most=15,
        pool_waiting=0.0,
        pool_waits=0,
        pool_wait_mean=0.0,
        pool_longest_wait=0.0,
        pool_timeouts=0,
        pools=(POOL,),
        routes=(RouteCost("GET /items", 2000, 4.0, 0.02),),
        over_time=(Moment(0.2, 0.01, 5, 0, 12, 0, 0.5), Moment(0.5, 0.02, 8, 0, 12, 0, 0.5)),
    )
    return replace(found, **more)  # type: ignore[arg-type]


def load_of(measurements: list[Measurement], steps: list[Step], rounds: int = 1, **more: object) -> Load:
    labels = dict.fromkeys(one.version for one in measurements)
    fields: dict[str, object] = {
        "scenario": "items",
        "versions": tuple(
            VersionFacts(label, f"{label}-folder", "Python 3.11", label == "after", 0) for label in labels
        ),
        "steps": tuple(steps),
        "rounds": rounds,
        "workers": 1,
        "generator_workers": 1,
        "database": "PostgreSQL 18.1",
        "delay": 0.0,
        "machine": "2 cores",
        "at": "2026-11-21T12:00:00+00:00",
        "measurements": tuple(measurements),
        "warnings": (),
    }
    return Load(**{**fields, **more})  # type: ignore[arg-type]


def two_versions(before: list[Driven], after: list[Driven], step: Step, *insides: Inside) -> Load:
    """Return a load of one step: a round for each measurement; of the insides the first is of before."""
    of = dict(zip(("before", "after"), insides or (inside(), inside()), strict=True))
    measurements = [
        Measurement(label, number, step, one, of[label])
        for label, rounds in (("before", before), ("after", after))
        for number, one in enumerate(rounds, 1)
    ]
    return load_of(measurements, [step], rounds=len(before))
