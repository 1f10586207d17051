"""What was measured survives JSON, and its derived figures."""

from __future__ import annotations

import json

from greenshift.load.driven import Backlog, Driven, EndpointLoad, Failure, GeneratorProcess, Moment
from greenshift.load.latency import LatencyHistogram
from greenshift.load.step import Step

_LATENCY = LatencyHistogram([0.01, 0.02])
_DRIVEN = Driven(
    step=Step(rate=10, seconds=2),
    seconds=2.0,
    requests=2,
    answers=20,
    errors=1,
    timeouts=0,
    latency=_LATENCY,
    endpoints=(EndpointLoad("GET /a", 2, 1, 0, _LATENCY),),
    failures=(Failure("GET /a", "status 500 where success is expected", 1),),
    over_time=(Moment(0.0, 20, 1, 0, 0.01),),
    processes=(GeneratorProcess("worker 1", 0.2, 0.3, 0.001), GeneratorProcess("worker 2", 0.4, 0.4, 0.001)),
    machine=0.5,
    backlog=Backlog(),
    saturated=False,
    reason="",
    notes=("a note",),
)


def test_it_survives_json() -> None:
    assert Driven.from_dict(json.loads(json.dumps(_DRIVEN.as_dict()))) == _DRIVEN


def test_throughput_counts_answers_in_the_time() -> None:
    assert _DRIVEN.throughput == 10


def test_processor_is_that_of_the_busiest_process() -> None:
    assert _DRIVEN.processor == 0.4
