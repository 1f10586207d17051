"""Workers' reports put together, and whether the generator was the bottleneck."""

from __future__ import annotations

from typing import Any

import pytest

from greenshift.load.driven import Driven, GeneratorProcess, Moment
from greenshift.load.generator.job import Job
from greenshift.load.generator.merging import merged
from greenshift.load.generator.verdict import saturation
from greenshift.load.latency import LatencyHistogram
from greenshift.load.scenario import Request, Scenario
from greenshift.load.step import Step

_SCENARIO = Scenario(
    "x",
    (
        Request("GET", "/a", "GET /a"),
        Request("POST", "/b", "POST /b", json={}, made=True),
        Request("GET", "/c/{d}", "GET /c/{d}"),
    ),
)
_USAGE = {"processor": 0.3, "processor_highest": 0.4, "lag": 0.001, "waited": 0.1, "machine": 0.5, "warned": False}


def _report(index: int, latencies: list[float], **changes: Any) -> dict[str, Any]:
    latency = LatencyHistogram(latencies).as_dict()
    return {
        "index": index,
        "elapsed": 2.0,
        "endpoints": {"GET /a": {"errors": 1, "timeouts": 1, "latency": latency}},
        "failures": [
            {"endpoint": "GET /a", "problem": "timeout after 1 s", "timeout": True, "count": 1, "example": ""},
            {
                "endpoint": "GET /a",
                "problem": "status 500",
                "timeout": False,
                "count": 1,
                "example": "password=hunter2",
            },
        ],
        "seconds": [[0, 3, 1, 0, 0.3], [1, 1, 0, 1, 1.0]],
        "backlog": {"last": 2, "highest": 3, "oldest": 0.1 * (index + 1)},
        "usage": _USAGE,
        "lateness": 0.001,
        "missing": [],
        "unanswered": 0,
        **changes,
    }


def _merged(*reports: dict[str, Any], step: Step | None = None, master: dict[str, Any] | None = None) -> Driven:
    job = Job(_SCENARIO, step or Step(users=2, seconds=2), 0, "run", len(reports))
    return merged(job, reports, master)


def test_percentiles_are_those_of_all_requests() -> None:
    driven = _merged(_report(1, [1.0] * 10), _report(0, [0.001] * 990))
    assert driven.latency.count == driven.requests == 1000
    assert driven.latency.p99 == pytest.approx(0.001, rel=0.01)
    assert driven.latency.max == 1.0


def test_counts_are_summed() -> None:
    driven = _merged(_report(0, [0.1] * 5), _report(1, [0.1] * 3))
    assert (driven.requests, driven.errors, driven.timeouts, driven.answers) == (8, 2, 2, 8)
    assert driven.over_time == (Moment(0.0, 6, 2, 0, pytest.approx(0.1)), Moment(1.0, 2, 0, 2, 1.0))
    assert [(failure.problem, failure.count, failure.timeout) for failure in driven.failures] == [
        ("status 500", 2, False),
        ("timeout after 1 s", 2, True),
    ]
    assert (driven.backlog.last, driven.backlog.highest, driven.backlog.oldest) == (4, 6, pytest.approx(0.2))


def test_secrets_in_an_answer_are_masked() -> None:
    driven = _merged(_report(0, [0.1] * 5))
    assert "hunter2" not in str(driven)


def test_endpoints_stand_in_the_scenarios_order_sent_or_not() -> None:
    driven = _merged(_report(0, [0.1]))
    assert [(endpoint.name, endpoint.requests) for endpoint in driven.endpoints] == [
        ("GET /a", 1),
        ("POST /b", 0),
        ("GET /c/{d}", 0),
    ]


def test_seconds_without_an_answer_are_shown() -> None:
    driven = _merged(_report(0, [0.1], elapsed=4.0, seconds=[[2, 1, 0, 0, 0.1]]))
    assert [(moment.at, moment.answers) for moment in driven.over_time] == [(0, 0), (1, 0), (2, 1), (3, 0)]


def test_the_longest_worker_is_how_long_it_took() -> None:
    assert _merged(_report(0, [0.1], elapsed=1.5), _report(1, [0.1], elapsed=2.5)).seconds == 2.5


def test_the_processes_are_named() -> None:
    assert [one.name for one in _merged(_report(0, [0.1])).processes] == ["generator"]
    two = _merged(_report(0, [0.1]), _report(1, [0.1]), master=_USAGE)
    assert [one.name for one in two.processes] == ["worker 1", "worker 2", "master"]


_JOB = Job(_SCENARIO, Step(users=1, seconds=1), 0, "run", 2)


def _process(processor: float, waited: float = 0.0, name: str = "worker 1") -> GeneratorProcess:
    return GeneratorProcess(name, processor, processor, 0.001, waited)


@pytest.mark.parametrize(
    ("processes", "lateness", "warned", "reason"),
    [
        ([_process(0.89)], 0.04, False, ""),
        (
            [_process(0.3), _process(0.91, name="worker 2")],
            0,
            False,
            "worker 2 used 91% of its core: use more workers (now 2)",
        ),
        ([_process(0.5, 0.44)], 0, False, ""),
        ([_process(0.5, 0.46)], 0, False, "worker 1 used 50% of a core and waited for one 46% of the time"),
        ([_process(0.5)], 0, True, "Locust warned of its processor use"),
        ([_process(0.5)], 0.06, False, "requests left 60 ms late (p99) though users were free"),
    ],
)
def test_when_the_generator_was_the_bottleneck(
    processes: list[GeneratorProcess], lateness: float, warned: bool, reason: str
) -> None:
    said = saturation(_JOB, processes, lateness=lateness, warned=warned)
    assert said.startswith(reason)
    assert bool(said) is bool(reason)


def test_a_saturated_worker_makes_the_whole_invalid() -> None:
    driven = _merged(_report(0, [0.1]), _report(1, [0.1], usage={**_USAGE, "processor": 0.97}), master=_USAGE)
    assert driven.saturated
    assert driven.reason.startswith("worker 2 used 97% of its core")


def _refused(endpoint: str, status: int) -> dict[str, Any]:
    latency = LatencyHistogram([0.1] * 3).as_dict()
    problem = f"status {status} where success is expected"
    return {
        "endpoints": {endpoint: {"errors": 3, "timeouts": 0, "latency": latency}},
        "failures": [{"endpoint": endpoint, "problem": problem, "timeout": False, "count": 3, "example": ""}],
    }


@pytest.mark.parametrize(
    ("changes", "step", "note"),
    [
        (_refused("POST /b", 422), None, "POST /b always answered 422 to data made from its schema"),
        (_refused("GET /a", 401), None, "GET /a always answered 401: say in [login] how users log in"),
        (_refused("GET /a", 404), None, "GET /a always answered 404"),
        ({"missing": ["d"]}, None, "GET /c/{d} was not sent: no answer held anything for d"),
        ({"unanswered": 3}, None, "3 requests were still waiting 15 s after the end"),
        ({"usage": {**_USAGE, "machine": 0.97}}, None, "all cores of the generator's machine were in use (97%)"),
        ({"usage": {**_USAGE, "lag": 0.08}}, None, "the generator woke up 80 ms late (p99)"),
        ({"backlog": {"last": 9, "highest": 9, "oldest": 1}}, Step(rate=100, seconds=2), "did not keep up with 100/s"),
    ],
)
def test_what_one_must_know_is_noted(changes: dict[str, Any], step: Step | None, note: str) -> None:
    driven = _merged(_report(0, [0.1] * 3, **changes), step=step)
    assert any(note in said for said in driven.notes), driven.notes


def test_a_sound_measurement_has_no_notes() -> None:
    driven = _merged(_report(0, [0.1] * 3))
    assert driven.notes == ()
    assert not driven.saturated
