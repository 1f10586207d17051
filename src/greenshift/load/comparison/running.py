"""Running a plan: rounds of versions in alternating order, each on a fresh copy of the same data."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from greenshift.load.comparison.figures import written
from greenshift.load.delay import delayed
from greenshift.load.driven import Driven
from greenshift.load.errors import LoadError
from greenshift.load.generator import drive
from greenshift.load.plan import Plan, Progress, Tell
from greenshift.load.results import Load, Measurement, VersionFacts
from greenshift.load.scenario import Scenario, scenario_for
from greenshift.load.serving.application import ServedApplication
from greenshift.load.serving.databases import Databases
from greenshift.load.serving.filling import fill
from greenshift.load.serving.inside import inside_of
from greenshift.load.serving.version import Version, opened_version
from greenshift.load.step import Step
from greenshift.load.warnings import warnings_of
from greenshift.masking import mask
from greenshift.postgres import Address

_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
# A sample from just before is needed to see what grew.
_BEFORE: Final = 0.3


def run(plan: Plan, tell: Tell = lambda _: None, chosen: Callable[[Scenario], object] = lambda _: None) -> Load:
    """Measure what a plan says.

    Args:
        plan: what is to be compared.
        tell: is told how far it has come.
        chosen: is given the scenario, before anything of it is sent.

    Raises:
        LoadError: a version does not start, or a scenario cannot be sent.
    """
    at = datetime.now(UTC).isoformat(timespec="seconds")

    def choose(url: str) -> Scenario:
        scenario = scenario_for(url, plan.scenario)
        chosen(scenario)
        return scenario

    measured = _running(plan, tell, choose) if plan.url is not None else _served(plan, tell, choose)
    scenario, facts, database, measurements = measured
    load = Load(
        scenario=scenario.name,
        versions=facts,
        steps=plan.steps,
        rounds=plan.rounds,
        workers=plan.workers,
        generator_workers=plan.generator_workers,
        database=database,
        delay=plan.delay,
        machine=f"{os.cpu_count()} cores, {platform.system()} on {platform.machine()}",
        at=at,
        measurements=measurements,
        warnings=(),
    )
    return replace(load, warnings=warnings_of(load, plan))


# Gives the scenario for an application that listens at a URL.
Choose = Callable[[str], Scenario]
Measured = tuple[Scenario, tuple[VersionFacts, ...], str, tuple[Measurement, ...]]


def _running(plan: Plan, tell: Tell, choose: Choose) -> Measured:
    assert plan.url is not None
    parts = urlsplit(plan.url)
    if parts.scheme not in {"http", "https"} or parts.hostname not in _LOOPBACK:
        raise LoadError(
            f"{parts.hostname or plan.url} is not on this machine",
            "give a URL on loopback, such as http://127.0.0.1:8000: nobody else's server is put under load",
        )
    url = plan.url.rstrip("/")
    scenario = choose(url)
    steps = _Steps(plan, scenario, tell, versions=1)
    for number in range(1, plan.rounds + 1):
        steps.measure("application", number, _Elsewhere(url))
    facts = VersionFacts("application", parts.netloc.rpartition("@")[2], "", is_async=False, bridged=0)
    return scenario, (facts,), "", tuple(steps.measurements)


def _served(plan: Plan, tell: Tell, choose: Choose) -> Measured:
    with ExitStack() as stack:
        versions = [
            stack.enter_context(
                opened_version(one.label, one.given, app=plan.app, python=one.python, variables=one.variables)
            )
            for one in plan.versions
        ]
        total = plan.rounds * len(versions) * len(plan.steps)
        tell(Progress("starting PostgreSQL", 0, total))
        first = versions[0]
        databases = stack.enter_context(Databases(first.config))
        server = databases.server
        tell(Progress("filling the database", 0, total))
        databases.fill(
            lambda name: fill(
                server,
                name,
                folder=first.source.folder,
                config=first.config,
                interpreter=first.interpreter,
                variables=first.environment(server.address, name),
                prepare=plan.prepare,
            )
        )
        address = stack.enter_context(delayed(server.address, plan.delay)).address
        steps: _Steps | None = None
        for number in range(1, plan.rounds + 1):
            # A B, then B A: what drifts over time falls on both.
            for version in versions if number % 2 else reversed(versions):
                label = f"{version.label} {number}"
                tell(Progress(f"starting {label}", len(steps.measurements) if steps else 0, total))
                with _on_fresh_data(plan, databases, address, version, label) as driven:
                    if steps is None:
                        steps = _Steps(plan, choose(driven.url), tell, versions=len(versions))
                    steps.measure(version.label, number, driven)
        assert steps is not None
        facts = tuple(version.facts() for version in versions)
        return steps.scenario, facts, databases.words, tuple(steps.measurements)


@contextmanager
def _on_fresh_data(
    plan: Plan, databases: Databases, address: Address, version: Version, label: str
) -> Iterator[_Served]:
    database = databases.fresh(label)
    try:
        environment = version.environment(address, database, plan.pool_size, plan.max_overflow)
        served = _Served(lambda: version.serve(environment, database, plan.workers))
        try:
            yield served
        finally:
            served.application.close()
    finally:
        databases.drop(database)


class _Elsewhere:
    """An application that somebody else has started."""

    application: Final = None

    def __init__(self, url: str) -> None:
        self.url = url

    def renew(self) -> None:
        """Leave it as it is: it is not ours to end."""


class _Served:
    """A version that is served here.

    Args:
        start: starts it.
    """

    def __init__(self, start: Callable[[], ServedApplication]) -> None:
        self._start = start
        self.application = start()

    @property
    def url(self) -> str:
        """Where it listens now."""
        return self.application.url

    def renew(self) -> None:
        """End it, with all that still waits in it, and start it again on the same data."""
        self.application.close()
        self.application = self._start()


class _Steps:
    """Drives the steps of one version in one round, and keeps what was measured."""

    def __init__(self, plan: Plan, scenario: Scenario, tell: Tell, versions: int) -> None:
        self.scenario = scenario
        self.measurements: list[Measurement] = []
        self._plan = plan
        self._tell = tell
        self._total = plan.rounds * versions * len(plan.steps)

    def measure(self, version: str, number: int, target: _Served | _Elsewhere) -> None:
        """Drive all steps.

        Args:
            version: its label.
            number: the round.
            target: what is driven; samples are read of one that is served here.
        """
        finished, given_up = "", 0
        for step in self._plan.steps:
            done = len(self.measurements)
            self._tell(Progress(f"round {number}, {version}, {step.label}", done, self._total, finished))
            if given_up:
                # Who gave a request up has gone; the request still waits in the application.
                target.renew()
            self.measurements.append(self._measured(step, version, number, target))
            given_up = self.measurements[-1].driven.timeouts
            finished = _line(self.measurements[-1])
        self._tell(Progress(f"round {number}, {version} is done", len(self.measurements), self._total, finished))

    def _measured(self, step: Step, version: str, number: int, target: _Served | _Elsewhere) -> Measurement:
        application, span = target.application, _Span()
        driven = self._drive(step, number, target, span)
        inside = None
        said = ""
        if application is not None:
            application.refuse_end()
            inside = inside_of(application.samples(span.begin - _BEFORE, span.end), span.begin)
            if driven.errors:
                said = mask(next(reversed(application.log()), "")[:300])
        return Measurement(version, number, step, driven, inside, said)

    def _drive(self, step: Step, number: int, target: _Served | _Elsewhere, span: _Span) -> Driven:
        try:
            return drive(
                self.scenario,
                target.url,
                step,
                workers=self._plan.generator_workers,
                seed=number,
                measuring=span.measuring,
                measured=span.measured,
            )
        except LoadError:
            if target.application is not None:
                target.application.refuse_end()
            raise


class _Span:
    """When the measurement began and ended, by ``time.monotonic``."""

    def __init__(self) -> None:
        self.begin = self.end = time.monotonic()
        self.measuring: Callable[[], object] = self._begin
        self.measured: Callable[[], object] = self._end

    def _begin(self) -> None:
        self.begin = self.end = time.monotonic()

    def _end(self) -> None:
        self.end = time.monotonic()


def _line(one: Measurement) -> str:
    driven = one.driven
    failed = driven.errors + driven.timeouts
    return (
        f"round {one.round}, {one.version}, {one.step.label}: {written(driven.throughput, '/s')}, mean "
        f"{written(driven.latency.mean, 's')}, p95 {written(driven.latency.p95, 's')}"
        + (f", {failed} failed" if failed else "")
        + (", invalid: the generator was saturated" if driven.saturated else "")
    )
