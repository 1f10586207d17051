"""The Locust user that sends a scenario."""

from __future__ import annotations

import json
from random import Random
from time import perf_counter
from typing import Any, ClassVar

import gevent
from gevent.event import Event
from locust import constant, task
from locust.contrib.fasthttp import FastHttpUser

from greenshift.load.generator.lookup import Lookup, MissingValueError
from greenshift.load.generator.menu import Menu
from greenshift.load.generator.requests import PreparedRequest, PreparedTask
from greenshift.load.generator.worker import Worker
from greenshift.load.scenario.dotted_path import NothingThere, value_at

LOGIN_SECONDS = 60.0
_NOTHING_SENT_PAUSE = 0.05  # seconds
_CORRECT_LOGIN = "correct [login] in the scenario file"


class ScenarioUser(FastHttpUser):
    """Logs in, sends what comes before, and then tasks of the scenario until it is stopped."""

    wait_time = constant(0)
    worker: ClassVar[Worker | None] = None

    def on_start(self) -> None:
        """Log in, and wait until all users have."""
        worker = self._working()
        number = worker.next_user()
        random = Random(f"{worker.job.seed}:{number}")  # noqa: S311 - which request is next is no secret
        self._lookup = Lookup(worker.shared, number, random)
        self._menu = Menu(worker.tasks, random)
        self._credentials: dict[str, str] = {}
        with worker.logins:
            if worker.login and not self._log_in(worker.login):
                self._stay()
            for request in worker.before:
                self._send_before(request)
        worker.user_is_ready()
        worker.begun.wait()

    @task
    def send_task(self) -> None:
        """Send one task: one request, or several in a row."""
        chosen = self._menu.choose(self._lookup.taken)
        if chosen is None:
            self._nothing_to_send()
        else:
            self._send_task(chosen)

    def _send_task(self, chosen: PreparedTask) -> None:
        worker = self._working()
        self._lookup.begin_task()
        for place, step in enumerate(chosen.steps):
            try:
                request = step.fill(self._lookup)
            except MissingValueError as missing:
                worker.missing.add(str(missing))
                if not place:
                    gevent.sleep(_NOTHING_SENT_PAUSE)
                return
            except NothingThere as nothing:
                worker.user_failed(
                    f"{step.request.name} uses {nothing} of a value that has none", "correct what the scenario takes"
                )
                self._stay()
                return
            begun = worker.turns.next()
            if begun is None or worker.over:
                self._stay()
                return
            counted = worker.window.counts(begun)
            problem, timeout, content = self._sent(step, request, worker.job.step.timeout)
            worker.recorder.answered(
                step.request.name,
                begun,
                self._ended,
                counted=counted,
                problem=problem,
                timeout=timeout,
                example=content,
            )
            if problem:
                return

    def _log_in(self, login: PreparedRequest) -> bool:
        name = login.request.name
        problem, given_up, content = self._sent(login, login.fill(self._lookup), LOGIN_SECONDS)
        said = self._working().job.scenario.login
        if not problem and said and said.token:
            try:
                token = value_at(json.loads(content), said.token)
                self._credentials[said.header] = said.value.replace("{token}", str(token))
            except (NothingThere, ValueError):
                problem = f"the answer holds no {said.token}"
        if problem:
            body = content[:200].decode("utf-8", "replace")
            answer = f" ({body})" if body else ""
            fix = "see what the application waits for, or give fewer users" if given_up else _CORRECT_LOGIN
            self._working().user_failed(f"the login by {name} failed: {problem}{answer}", fix)
        return not problem

    def _send_before(self, step: PreparedRequest) -> None:
        self._lookup.begin_task()
        try:
            request = step.fill(self._lookup)
        except MissingValueError as missing:
            self._working().missing.add(str(missing))
            return
        problem, _, _ = self._sent(step, request, LOGIN_SECONDS)
        if problem:
            # What could not be taken is told when a task needs it.
            self._working().missing.update(step.request.take)

    def _nothing_to_send(self) -> None:
        worker = self._working()
        needs = sorted({name for one in worker.tasks for name in one.needs})
        worker.missing.update(needs)
        worker.user_failed(
            f"nothing can be sent: nothing was taken for {', '.join(needs)}",
            "fill the database, so that lists have something in them, or give the values in [data.NAME] of a scenario",
        )
        self._stay()

    def _sent(self, step: PreparedRequest, request: Any, limit: float) -> tuple[str, bool, bytes]:
        """Send a request; return in what way it failed (or nothing), whether it was given up, and the answer's body."""
        problem, timeout, content = "", False, b""
        timer = gevent.Timeout.start_new(limit)
        try:
            with self.client.request(
                step.request.method,
                request.url,
                name=step.request.name,
                data=request.body,
                headers={**request.headers, **self._credentials},
                catch_response=True,
            ) as response:
                self._ended = perf_counter()
                # What ran out was caught by the client, which says so in words of its own.
                ran_out = not timer.pending
                timer.close()
                content = response.content or b""
                if ran_out and _error_of(response) is not None:
                    problem, timeout = _given_up(limit), True
                else:
                    problem = self._judged(step, response, content)
                if problem:
                    response.failure(problem)
                else:
                    response.success()
        except gevent.Timeout as unseen:
            if unseen is not timer:
                raise
            self._ended = perf_counter()
            problem, timeout = _given_up(limit), True
        except Exception as refused:
            # The client refuses to send what is no HTTP, such as a line break in a header.
            self._ended = perf_counter()
            problem = f"{type(refused).__name__}: {refused}"
        finally:
            timer.close()
        return problem, timeout, content

    def _judged(self, step: PreparedRequest, response: Any, content: bytes) -> str:
        error = _error_of(response)
        status = response.status_code
        if not status or (error is not None and status < 400):
            said = str(error)
            return f"{type(error).__name__}: {said}" if said else type(error).__name__
        if not step.fits(status):
            wanted = " or ".join(map(str, step.request.expect)) or "success"
            return f"status {status} where {wanted} is expected"
        return self._taken(step, content)

    def _taken(self, step: PreparedRequest, content: bytes) -> str:
        if not step.request.take:
            return ""
        try:
            answer = json.loads(content)
        except ValueError:
            return "the answer is not JSON, and something is to be taken from it"
        for name, path in step.request.take.items():
            try:
                self._lookup.take(name, path, answer)
            except NothingThere:
                return f"the answer holds no {path}"
        return ""

    def _working(self) -> Worker:
        """Return this process's worker; without one (there is no scenario) there is nothing to do."""
        if self.worker is None:
            self._stay()
        assert self.worker
        return self.worker

    def _stay(self) -> None:
        """Do nothing more, until Locust ends this user."""
        Event().wait()


def _error_of(response: Any) -> BaseException | None:
    """Return what went wrong with a request; older versions of Locust have it in but one of the two places."""
    error: BaseException | None = response.request_meta.get("exception") or getattr(response, "error", None)
    return error


def _given_up(limit: float) -> str:
    return f"timeout after {limit:g} s"
