"""The master's part: from the users' logins over the warm-up to the result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import gevent

from greenshift.load.errors import GeneratorError, LoadError, ScenarioError
from greenshift.load.generator.job import Job
from greenshift.masking import mask

_POLL = 0.01  # seconds
_LOGIN_SECONDS = 300.0
_LEFT_OVER = 30.0  # seconds, beyond what the step itself may take


@dataclass
class Conductor:
    """Conducts one step over all workers.

    Attributes:
        job: what is to be done.
        users: how many users there are.
        send: sends a message to all workers.
        alive: returns how many workers there are.
        tell: tells whoever started the generator how far it is.
        reports: the workers' reports.
    """

    job: Job
    users: int
    send: Callable[[str, Any], object]
    alive: Callable[[], int]
    tell: Callable[[str], object]
    reports: list[dict[str, Any]] = field(default_factory=list)
    _ready: int = 0
    _measured: int = 0
    _failure: LoadError | None = None

    def ready(self) -> None:
        """Take note that a user has logged in."""
        self._ready += 1

    def measured(self) -> None:
        """Take note that a worker's time is over."""
        self._measured += 1
        if self._measured == self.job.workers:
            self.tell("measured")

    def failed(self, problem: str, fix: str) -> None:
        """Take note that a user cannot send."""
        self._failure = self._failure or ScenarioError(mask(problem), fix)

    def run(self) -> list[dict[str, Any]]:
        """Conduct the step, and return the workers' reports.

        Raises:
            ScenarioError: a user could not log in, or had nothing to send.
            GeneratorError: a worker was lost, or took too long.
        """
        step = self.job.step
        self._wait(lambda: self._ready >= self.users, _LOGIN_SECONDS, "the users' logins")
        if step.warm_up:
            self.send("greenshift_begin", {})
            begun = perf_counter()
            self._wait(lambda: perf_counter() - begun >= step.warm_up, step.warm_up + _LEFT_OVER, "the warm-up")
        self.send("greenshift_measure", {})
        self.tell("measuring")
        if not step.warm_up:
            # Only now: the first request is one that counts.
            self.send("greenshift_begin", {})
        self._wait(lambda: len(self.reports) >= self.job.workers, self._longest(), "the measurement")
        return self.reports

    def _longest(self) -> float:
        step = self.job.step
        if step.seconds is not None:
            seconds = step.seconds
        elif step.rate is not None:
            seconds = (step.requests or 0) / step.rate
        else:
            # Each user may have to give up each of its requests.
            seconds = step.timeout * -(-(step.requests or 0) // step.in_flight)
        return seconds + step.timeout + _LEFT_OVER

    def _wait(self, is_done: Callable[[], bool], seconds: float, what: str) -> None:
        limit = perf_counter() + seconds
        while not is_done():
            if self._failure:
                raise self._failure
            if self.alive() < self.job.workers:
                raise GeneratorError("a worker of the load generator has gone", "look at what it printed, and repeat")
            if perf_counter() > limit:
                raise GeneratorError(f"{what} took more than {seconds:.0f} s", "look at the application's log")
            gevent.sleep(_POLL)
