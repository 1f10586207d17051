"""The reports of a generator's workers, put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from greenshift.load.driven import Backlog, Driven, EndpointLoad, Failure, GeneratorProcess, Moment
from greenshift.load.generator.job import Job
from greenshift.load.generator.verdict import notes_on, saturation
from greenshift.load.latency import LatencyHistogram
from greenshift.masking import mask

Report = Mapping[str, Any]


def merged(job: Job, reports: Sequence[Report], master: Report | None = None) -> Driven:
    """Return what all workers measured together.

    Args:
        job: what they did.
        reports: theirs.
        master: how much of the processor the master used, where it is a process of its own.
    """
    reports = sorted(reports, key=lambda report: report["index"])
    seconds = max(report["elapsed"] for report in reports)
    endpoints = _endpoints(job, reports)
    over_time = _moments(reports)
    processes = _processes(reports, master)
    backlog = Backlog(
        last=sum(int(report["backlog"]["last"]) for report in reports),
        highest=sum(int(report["backlog"]["highest"]) for report in reports),
        oldest=max(report["backlog"]["oldest"] for report in reports),
    )
    lateness = max(report["lateness"] for report in reports)
    warned = any(report["usage"]["warned"] for report in reports)
    reason = saturation(job, processes, lateness=lateness, warned=warned)
    driven = Driven(
        step=job.step,
        seconds=seconds,
        requests=sum(endpoint.requests for endpoint in endpoints),
        answers=sum(moment.answers for moment in over_time),
        errors=sum(endpoint.errors for endpoint in endpoints),
        timeouts=sum(endpoint.timeouts for endpoint in endpoints),
        latency=LatencyHistogram.merged(endpoint.latency for endpoint in endpoints),
        endpoints=endpoints,
        failures=_failures(reports),
        over_time=over_time,
        processes=processes,
        machine=max(report["usage"]["machine"] for report in reports),
        backlog=backlog,
        saturated=bool(reason),
        reason=reason,
    )
    missing = set().union(*(report["missing"] for report in reports))
    return notes_on(job, driven, missing, sum(report["unanswered"] for report in reports))


def _endpoints(job: Job, reports: Sequence[Report]) -> tuple[EndpointLoad, ...]:
    names = dict.fromkeys(request.name for request in job.scenario.requests)
    endpoints = []
    for name in names:
        parts = [report["endpoints"][name] for report in reports if name in report["endpoints"]]
        latency = LatencyHistogram.merged(LatencyHistogram.from_dict(part["latency"]) for part in parts)
        errors = sum(part["errors"] for part in parts)
        endpoints.append(EndpointLoad(name, latency.count, errors, sum(part["timeouts"] for part in parts), latency))
    return tuple(endpoints)


def _failures(reports: Sequence[Report]) -> tuple[Failure, ...]:
    counts: dict[tuple[str, str, bool], list[Any]] = {}
    for report in reports:
        for failure in report["failures"]:
            key = (failure["endpoint"], failure["problem"], failure["timeout"])
            known = counts.setdefault(key, [0, failure["example"]])
            known[0] += failure["count"]
    failures = [
        Failure(endpoint, mask(problem), count, timeout, mask(example))
        for (endpoint, problem, timeout), (count, example) in counts.items()
    ]
    return tuple(sorted(failures, key=lambda failure: (-failure.count, failure.endpoint, failure.problem)))


def _moments(reports: Sequence[Report]) -> tuple[Moment, ...]:
    sums: dict[int, list[float]] = {}
    last = -1
    for report in reports:
        last = max(last, -int(-report["elapsed"] // 1) - 1)
        for second, *counts in report["seconds"]:
            known = sums.setdefault(int(second), [0, 0, 0, 0.0])
            for place, count in enumerate(counts):
                known[place] += count
    moments = []
    for second in range(max(last, *sums) + 1 if sums else last + 1):
        answers, errors, timeouts, total = sums.get(second, (0, 0, 0, 0.0))
        mean = total / answers if answers else 0.0
        moments.append(Moment(float(second), int(answers), int(errors), int(timeouts), mean))
    return tuple(moments)


def _processes(reports: Sequence[Report], master: Report | None) -> tuple[GeneratorProcess, ...]:
    names = (
        ["generator"]
        if len(reports) == 1 and master is None
        else [f"worker {number}" for number in range(1, len(reports) + 1)]
    )
    usages = [report["usage"] for report in reports]
    if master is not None:
        names.append("master")
        usages.append(master)
    return tuple(
        GeneratorProcess(name, usage["processor"], usage["processor_highest"], usage["lag"], usage["waited"])
        for name, usage in zip(names, usages, strict=True)
    )
