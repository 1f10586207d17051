"""What the load generator measured in one step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from greenshift.load.latency import LatencyHistogram
from greenshift.load.step import Step


@dataclass(frozen=True, slots=True)
class EndpointLoad:
    """The requests of one step of the scenario.

    Attributes:
        name: as the scenario calls it: ``GET /exams/{exam_id}``.
        requests: how many were measured, errors and timeouts among them.
        errors: how many failed in another way than by a timeout.
        timeouts: how many were given up after `Step.timeout`.
        latency: of all of them (a timeout counts with the time that was waited).
    """

    name: str
    requests: int
    errors: int
    timeouts: int
    latency: LatencyHistogram


@dataclass(frozen=True, slots=True)
class Failure:
    """One way in which requests failed.

    Attributes:
        endpoint: the name of the scenario's step.
        problem: one line: ``timeout after 10 s``, ``status 500 where 200 is expected``, ``ConnectionRefusedError``.
        count: how often.
        timeout: whether it is a timeout and no error.
        example: the first 200 characters of the first such answer's body, where there was an answer.
    """

    endpoint: str
    problem: str
    count: int
    timeout: bool = False
    example: str = ""


@dataclass(frozen=True, slots=True)
class Moment:
    """What was answered in one second of the measurement.

    Attributes:
        at: seconds since the measurement began, at the second's begin.
        answers: answers that arrived in it, whatever they said, timeouts among them.
        errors: errors among them.
        timeouts: timeouts among them.
        mean: their mean latency in seconds (0 where nothing was answered).
    """

    at: float
    answers: int
    errors: int
    timeouts: int
    mean: float


@dataclass(frozen=True, slots=True)
class GeneratorProcess:
    """One process of the generator.

    Attributes:
        name: ``worker 1``, ``master``, or ``generator`` where it is one process.
        processor: the share of one core that it used, 0 to 1, over the measurement.
        processor_highest: the highest share in one second of it.
        lag: how late the process wakes up, in seconds, at p99: what it may add to a latency.
        waited: the share of the time in which it had something to do and no core was free for it, 0 to 1; known on
            Linux only.
    """

    name: str
    processor: float
    processor_highest: float
    lag: float
    waited: float = 0.0


@dataclass(frozen=True, slots=True)
class Backlog:
    """How far a fixed rate fell behind; all zero for a step with users.

    Attributes:
        last: requests that were due when the measurement ended, and not yet sent.
        highest: the most that were due and not sent at one time.
        oldest: seconds that the oldest of the last ones had been due.
    """

    last: int = 0
    highest: int = 0
    oldest: float = 0.0


@dataclass(frozen=True, slots=True)
class Driven:
    """What the load generator measured in one step. `greenshift.load.generator` says how each figure is counted.

    Attributes:
        step: the load.
        seconds: how long was measured.
        requests: requests that began (at a fixed rate: were due) in that time, each one answered or given up.
        answers: answers that arrived in that time: what `throughput` counts. Where the time is given, this is not
            ``requests``: some answers are of requests from before, and some requests are answered after.
        errors: how many of the requests failed in another way than by a timeout.
        timeouts: how many were given up after `Step.timeout`.
        latency: of all requests, in seconds; at a fixed rate from the time that each was due.
        endpoints: the same by step of the scenario, in the scenario's order.
        failures: the ways in which requests failed, most frequent first.
        over_time: answers, second by second.
        processes: the generator's own processes.
        machine: the share of all cores of the generator's machine that was in use, by whatever, 0 to 1.
        backlog: how far a fixed rate fell behind.
        saturated: whether the generator was the bottleneck: the step is invalid then.
        reason: why, and what to do, in one line; empty when not saturated.
        notes: what else one must know to read the figures: ``4 of 5 endpoints answered 422``.
    """

    step: Step
    seconds: float
    requests: int
    answers: int
    errors: int
    timeouts: int
    latency: LatencyHistogram
    endpoints: tuple[EndpointLoad, ...]
    failures: tuple[Failure, ...]
    over_time: tuple[Moment, ...]
    processes: tuple[GeneratorProcess, ...]
    machine: float
    backlog: Backlog
    saturated: bool
    reason: str
    notes: tuple[str, ...] = ()

    @property
    def throughput(self) -> float:
        """Answers a second, errors and timeouts among them."""
        return self.answers / self.seconds if self.seconds else 0.0

    @property
    def processor(self) -> float:
        """The share of one core that the busiest process of the generator used, 0 to 1."""
        return max((process.processor for process in self.processes), default=0.0)

    def as_dict(self) -> dict[str, Any]:
        """Return it as data for JSON; `from_dict` takes it back."""
        plain: dict[str, Any] = _plain(asdict(self))
        return plain

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Driven:
        """Return what `as_dict` described."""
        histogram = LatencyHistogram.from_dict
        return cls(
            **{
                **data,
                "step": Step(**data["step"]),
                "latency": histogram(data["latency"]),
                "endpoints": tuple(
                    EndpointLoad(**{**endpoint, "latency": histogram(endpoint["latency"])})
                    for endpoint in data["endpoints"]
                ),
                "failures": tuple(Failure(**failure) for failure in data["failures"]),
                "over_time": tuple(Moment(**moment) for moment in data["over_time"]),
                "processes": tuple(GeneratorProcess(**process) for process in data["processes"]),
                "backlog": Backlog(**data["backlog"]),
                "notes": tuple(data["notes"]),
            }
        )


def _plain(value: Any) -> Any:
    if isinstance(value, LatencyHistogram):
        return value.as_dict()
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value
