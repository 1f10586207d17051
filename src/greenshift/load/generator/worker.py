"""One process that sends: its users, its turns, what it measures, from the login to the report."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

import gevent
from gevent.event import Event
from gevent.lock import BoundedSemaphore

from greenshift.load.generator.job import Job
from greenshift.load.generator.lookup import Shared
from greenshift.load.generator.recorder import Recorder
from greenshift.load.generator.requests import PreparedRequest, prepared_tasks
from greenshift.load.generator.turns import ClosedTurns, OpenTurns
from greenshift.load.generator.usage import Usage
from greenshift.load.generator.window import Window

# Logins are not what is measured: so few at once that an application with slow password hashes bears them.
_LOGINS_AT_ONCE = 8
_POLL = 0.005  # seconds

Send = Callable[[str, Any], object]


class Worker:
    """One process that sends.

    Args:
        job: what is to be done.
        index: the process's number among the workers, from 0.
        send: sends a message to the master.
    """

    def __init__(self, job: Job, index: int, send: Send) -> None:
        step, workers = job.step, job.workers
        self.job = job
        self.index = index
        self.tasks = prepared_tasks(job.scenario)
        common = dict(job.scenario.headers)
        self.login = PreparedRequest(job.scenario.login.request, common) if job.scenario.login else None
        self.before = [PreparedRequest(request, common) for request in job.scenario.before]
        self.shared = Shared(job.scenario, job.run, index, workers)
        self.begun = Event()
        self.logins = BoundedSemaphore(_LOGINS_AT_ONCE)
        self.missing: set[str] = set()
        self.over = False
        self._users = 0
        self._send = send
        self._failed = False
        if step.rate is None:
            self.window = Window(step.seconds, _part(step.requests, index, workers))
            self.turns: ClosedTurns | OpenTurns = ClosedTurns(self.window)
        else:
            seconds = step.seconds if step.seconds is not None else (step.requests or 0) / step.rate
            self.window = Window(seconds, None)
            self.turns = OpenTurns(self.window, step.rate / workers, index, workers, gevent.sleep)
        self.recorder = Recorder(self.window)
        self.usage = Usage(gevent.sleep)

    def next_user(self) -> int:
        """Return the number of a new user, over all processes."""
        number = self.index + self._users * self.job.workers
        self._users += 1
        return number

    def user_is_ready(self) -> None:
        """Tell the master that one more user may begin."""
        self._send("greenshift_ready", {})

    def user_failed(self, problem: str, fix: str) -> None:
        """Tell the master that a user cannot begin; the first is enough."""
        if not self._failed:
            self._failed = True
            self._send("greenshift_failed", {"problem": problem, "fix": fix})

    def begin(self) -> None:
        """Let the users send."""
        self.turns.begin()
        self.begun.set()

    def measure(self) -> None:
        """Begin to measure; the report is sent when it is over."""
        self.window.open()
        self.turns.begin_measuring()
        # Nothing is left to send for a worker with no part of the requests.
        if self.window.used_up:
            self.window.end = self.window.begin
        gevent.spawn(self.usage.watch, lambda: perf_counter() >= self.window.end)
        gevent.spawn(self._finish)

    def warned(self) -> None:
        """Take note that Locust warned of this process's use of the processor."""
        if self.window.begin <= perf_counter() < self.window.end:
            self.usage.warned = True

    def _finish(self) -> None:
        while (left := self.window.end - perf_counter()) > 0:
            gevent.sleep(min(left, _POLL) if self.window.used_up else min(left, _POLL * 4))
        backlog = self.turns.report()
        self._send("greenshift_measured", {})
        limit = perf_counter() + self.job.step.timeout + 5
        # What was due by then is still sent and counted, with all the time that it waited: to leave it out would hide
        # just the longest latencies.
        while (not self.window.over or self.turns.unsent()) and perf_counter() < limit:
            gevent.sleep(_POLL)
        self.over = True
        gevent.sleep(2 * _POLL)
        self._send("greenshift_report", {**self.recorder.report(), **self._state(), "backlog": backlog})

    def _state(self) -> dict[str, Any]:
        lateness = self.turns.lateness
        return {
            "index": self.index,
            "elapsed": self.window.seconds,
            "usage": self.usage.report(),
            "lateness": lateness.p99 if lateness.count else 0.0,
            "missing": sorted(self.missing),
            "unanswered": self.window.under_way + self.turns.unsent(),
        }


def _part(whole: int | None, index: int, workers: int) -> int | None:
    """This worker's part of a number of requests."""
    return None if whole is None else whole // workers + (index < whole % workers)
