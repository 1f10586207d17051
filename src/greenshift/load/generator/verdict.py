"""Whether a measurement is valid: the generator must not have been what was slow."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace

from greenshift.load.driven import Driven, GeneratorProcess
from greenshift.load.generator.job import Job
from greenshift.load.generator.requests import prepared_tasks

# Locust warns at the same share (its CPU_WARNING_THRESHOLD).
SATURATED = 0.9
# A process that uses a core or waits for one all the time is as little idle as one that has a core for itself.
NEVER_IDLE = 0.95
# How late (p99) a request may leave that nothing kept back but the generator itself, in seconds.
LATE = 0.05
_MACHINE_FULL = 0.95
_KEPT_UP = 0.99


def saturation(job: Job, processes: Sequence[GeneratorProcess], *, lateness: float, warned: bool) -> str:
    """Return why the generator was the bottleneck, and what to do; an empty text when it was not.

    Args:
        job: what it did.
        processes: what each of its processes used.
        lateness: seconds (p99) that requests of a fixed rate left late although a user was free.
        warned: whether Locust itself warned of its use of the processor.
    """
    more = f"use more workers (now {job.workers}), or let them run on another machine"
    busiest = max(processes, key=lambda process: process.processor)
    if busiest.processor > SATURATED:
        return f"{busiest.name} used {busiest.processor:.0%} of its core: {more}"
    busy = max(processes, key=lambda process: process.processor + process.waited)
    if busy.processor + busy.waited > NEVER_IDLE:
        return (
            f"{busy.name} used {busy.processor:.0%} of a core and waited for one {busy.waited:.0%} of the time: "
            "what else runs on its machine leaves it too little; let it run on another"
        )
    if warned:
        highest = max(process.processor_highest for process in processes)
        return f"Locust warned of its processor use (highest in one second {highest:.0%} of a core): {more}"
    if lateness > LATE:
        return f"requests left {lateness * 1000:.0f} ms late (p99) though users were free: {more}"
    return ""


def notes_on(job: Job, driven: Driven, missing: Set[str], unanswered: int) -> Driven:
    """Return the measurement with notes on what one must know to read it.

    Args:
        job: what was done.
        driven: what was measured.
        missing: names for which nothing was taken from answers.
        unanswered: requests that neither ended nor timed out.
    """
    notes = [*_refused(job, driven), *_not_sent(job, driven, missing), *_behind(driven)]
    if unanswered:
        notes.append(
            f"{unanswered} requests were still waiting {job.step.timeout + 5:g} s after the end, and are in no figure"
        )
    if driven.machine > _MACHINE_FULL:
        notes.append(
            f"all cores of the generator's machine were in use ({driven.machine:.0%}): whatever runs on it shares them"
        )
    lag = max(process.lag for process in driven.processes)
    if driven.latency.count and lag > max(0.01, 0.5 * driven.latency.p50):
        notes.append(f"the generator woke up {lag * 1000:.0f} ms late (p99): latencies may be too long by that")
    return replace(driven, notes=tuple(notes))


def _refused(job: Job, driven: Driven) -> list[str]:
    made = {request.name for request in job.scenario.requests if request.made}
    notes = []
    for endpoint in driven.endpoints:
        refusals = [
            failure
            for failure in driven.failures
            if failure.endpoint == endpoint.name and failure.problem.startswith("status 4")
        ]
        count = sum(failure.count for failure in refusals)
        if count and count == endpoint.requests:
            status = refusals[0].problem.split()[1]
            if status in ("401", "403"):
                notes.append(f"{endpoint.name} always answered {status}: say in [login] how users log in")
            elif endpoint.name in made:
                notes.append(
                    f"{endpoint.name} always answered {status} to data made from its schema: "
                    "give it data in a scenario file, or leave it out"
                )
            else:
                notes.append(f"{endpoint.name} always answered {status}")
    return notes


def _not_sent(job: Job, driven: Driven, missing: Set[str]) -> list[str]:
    sent = {endpoint.name for endpoint in driven.endpoints if endpoint.requests}
    notes = []
    for task in prepared_tasks(job.scenario):
        names = {name for step in task.steps for name in step.names} & missing
        last = task.steps[-1].request.name
        if names and last not in sent:
            notes.append(f"{last} was not sent: no answer held anything for {', '.join(sorted(names))}")
    return notes


def _behind(driven: Driven) -> list[str]:
    rate = driven.step.rate
    if rate is None or driven.backlog.last <= max(1, (1 - _KEPT_UP) * rate * driven.seconds):
        return []
    return [
        f"the application did not keep up with {rate:g}/s: at the end {driven.backlog.last} requests were due and "
        f"not sent, the oldest for {driven.backlog.oldest:.1f} s, since all {driven.step.in_flight} users were waiting"
    ]
