"""What a load comparison found: plain data, which the page, the text and the JSON show."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from greenshift.load.driven import Driven
from greenshift.load.step import Step


@dataclass(frozen=True, slots=True)
class PoolSettings:
    """An engine's pool as a version configures it.

    Attributes:
        driver: ``psycopg``, ``asyncpg``...
        is_async: whether it is of an async engine.
        kind: the pool's class.
        size: ``pool_size``.
        max_overflow: ``max_overflow``; None for no limit.
    """

    driver: str
    is_async: bool
    kind: str
    size: int
    max_overflow: int | None

    @property
    def limit(self) -> float:
        """The most connections that it opens; infinite where nothing limits it."""
        return math.inf if self.max_overflow is None or not self.size else self.size + self.max_overflow

    @property
    def words(self) -> str:
        """How reports say it."""
        most = "no limit" if math.isinf(self.limit) else f"{self.size} + {self.max_overflow}"
        return f"{self.driver}, {self.kind} {most}"


@dataclass(frozen=True, slots=True)
class Moment:
    """A sample of the application, of all its workers together.

    Attributes:
        at: seconds since the measurement began.
        loop_lag: the longest lag of a worker's loop since the sample before, in seconds.
        pool_in_use: connections held.
        pool_waiting: takers blocked in the pools.
        threads: Python threads.
        threads_waiting: calls that wait for one of Starlette's threads.
        processor: the share of one core used since the sample before.
    """

    at: float
    loop_lag: float
    pool_in_use: int
    pool_waiting: int
    threads: int
    threads_waiting: int
    processor: float


@dataclass(frozen=True, slots=True)
class RouteCost:
    """What the requests of one route cost the database.

    Attributes:
        name: ``GET /exams/{exam_id}``.
        requests: how many ended.
        statements: for each request.
        database_seconds: for each request.
    """

    name: str
    requests: int
    statements: float
    database_seconds: float


@dataclass(frozen=True, slots=True)
class Inside:
    """What was seen inside of the application during one measurement, of all its workers together.

    Attributes:
        processor: the share of one core used; 2 workers can use 2.
        workers: its processes.
        requests: how many ended.
        statements: for each request.
        database_seconds: for each request, waiting for statements' answers.
        processor_seconds: for each request.
        loop_lag_p50: half of the time the event loop was at most so late, in seconds.
        loop_lag_p99: the same for 99 % of the time.
        loop_lag_max: at most.
        threads: the most Python threads.
        thread_limit: Starlette's limit of threads for sync routes in each worker; nan where there is none.
        threads_in_use: the mean of those of them in use.
        threads_waiting: the mean number of calls waiting for one.
        pool_in_use: the mean number of connections held.
        pool_in_use_most: the most.
        pool_waiting: the mean number of takers blocked in the pools.
        pool_waits: how many takers had to wait for a connection.
        pool_wait_mean: how long each of them waited on average, in seconds; 0 without any.
        pool_longest_wait: the longest wait that was seen under way, in seconds.
        pool_timeouts: takers that got no connection in time.
        pools: as they are configured.
        routes: what each route cost, the most statements first.
        over_time: the samples.
    """

    processor: float
    workers: int
    requests: int
    statements: float
    database_seconds: float
    processor_seconds: float
    loop_lag_p50: float
    loop_lag_p99: float
    loop_lag_max: float
    threads: int
    thread_limit: float
    threads_in_use: float
    threads_waiting: float
    pool_in_use: float
    pool_in_use_most: int
    pool_waiting: float
    pool_waits: int
    pool_wait_mean: float
    pool_longest_wait: float
    pool_timeouts: int
    pools: tuple[PoolSettings, ...]
    routes: tuple[RouteCost, ...]
    over_time: tuple[Moment, ...]


@dataclass(frozen=True, slots=True)
class Measurement:
    """One step of load on one version in one round.

    Attributes:
        version: its label: ``before``, ``after``, or ``application`` where there is one.
        round: from 1.
        step: the load.
        driven: as the generator measured it.
        inside: as the application showed itself; None where it was not started by Greenshift.
        said: the last line that the application had written, where requests failed; no secret in it.
    """

    version: str
    round: int
    step: Step
    driven: Driven
    inside: Inside | None
    said: str = ""


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """What a version is.

    Attributes:
        label: ``before``, ``after`` or ``application``.
        name: the folder's name, the revision or the URL.
        interpreter: Python, SQLAlchemy, uvicorn; empty for a URL.
        is_async: whether its code makes an async engine.
        bridged: places that run sync code through ``run_sync`` or ``run_in_threadpool``.
    """

    label: str
    name: str
    interpreter: str
    is_async: bool
    bridged: int


@dataclass(frozen=True, slots=True)
class Load:
    """All that was measured.

    Attributes:
        scenario: its name.
        versions: one or two.
        steps: in their order.
        rounds: how many.
        workers: uvicorn's, of each version.
        generator_workers: Locust's.
        database: what the server is; empty for a URL.
        delay: the database's added round trip in seconds.
        machine: how many cores, which system.
        at: when it began, ISO 8601.
        measurements: in the order in which they were made.
        warnings: what one must know to trust the figures, loud.
    """

    scenario: str
    versions: tuple[VersionFacts, ...]
    steps: tuple[Step, ...]
    rounds: int
    workers: int
    generator_workers: int
    database: str
    delay: float
    machine: str
    at: str
    measurements: tuple[Measurement, ...]
    warnings: tuple[str, ...]

    def of(self, version: str, step: Step) -> Sequence[Measurement]:
        """Return one version's measurements of one step, a round each."""
        return [one for one in self.measurements if one.version == version and one.step == step]

    def as_dict(self) -> dict[str, Any]:
        """Return it as data for JSON."""
        return {
            "scenario": self.scenario,
            "versions": [asdict(version) for version in self.versions],
            "steps": [{**asdict(step), "label": step.label} for step in self.steps],
            "rounds": self.rounds,
            "workers": self.workers,
            "generator_workers": self.generator_workers,
            "database": self.database,
            "database_delay_seconds": self.delay,
            "machine": self.machine,
            "at": self.at,
            "warnings": list(self.warnings),
            "measurements": [
                {
                    "version": one.version,
                    "round": one.round,
                    "step": one.step.label,
                    "throughput": one.driven.throughput,
                    "mean": json_number(one.driven.latency.mean),
                    "p50": json_number(one.driven.latency.p50),
                    "p90": json_number(one.driven.latency.p90),
                    "p95": json_number(one.driven.latency.p95),
                    "p99": json_number(one.driven.latency.p99),
                    "driven": one.driven.as_dict(),
                    "said": one.said,
                    "inside": None if one.inside is None else _plain(asdict(one.inside)),
                }
                for one in self.measurements
            ],
        }


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return json_number(value)
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value


def json_number(value: float) -> float | None:
    """Return a number as JSON can say it: None where it is not finite."""
    return value if math.isfinite(value) else None
