"""Greenshift's parts tied to Locust's events and messages, all of them its public ones."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import gevent
import gevent.os
from locust.runners import LocalRunner, MasterRunner, WorkerRunner

from greenshift.load.errors import GeneratorError, LoadError
from greenshift.load.generator.command_line import add_options, job_from
from greenshift.load.generator.conductor import Conductor
from greenshift.load.generator.job import Job
from greenshift.load.generator.merging import merged
from greenshift.load.generator.process import OWNER
from greenshift.load.generator.usage import Usage
from greenshift.load.generator.user import LOGIN_SECONDS, ScenarioUser
from greenshift.load.generator.worker import Worker


def install(events: Any) -> None:
    """Listen to Locust's events.

    Args:
        events: ``locust.events``.
    """
    events.init_command_line_parser.add_listener(add_options)
    events.init.add_listener(_on_init)


def _on_init(environment: Any, runner: Any, **_: Any) -> None:
    _end_with_owner()
    if isinstance(runner, WorkerRunner | LocalRunner):
        _Sending(environment)
    if isinstance(runner, MasterRunner | LocalRunner):
        _Conducting(environment)


def _end_with_owner() -> None:
    """End this process when the one that started it has gone: its end of a pipe is closed then, however it ended."""
    if OWNER in os.environ:
        owned, _, folder = os.environ[OWNER].partition(":")
        descriptor = int(owned)
        gevent.os.make_nonblocking(descriptor)

        def watch() -> None:
            while gevent.os.nb_read(descriptor, 1):
                pass
            # The folder holds the scenario, and with it what users log in with.
            shutil.rmtree(folder, ignore_errors=True)
            os._exit(1)

        gevent.spawn(watch)


class _Sending:
    """A process with users: a worker, or a generator of one process."""

    def __init__(self, environment: Any) -> None:
        self._runner = environment.runner
        self._worker: Worker | None = None
        for name, listener in (("job", self._on_job), ("begin", self._on_begin), ("measure", self._on_measure)):
            self._runner.register_message(f"greenshift_{name}", listener)
        environment.events.cpu_warning.add_listener(self._on_cpu_warning)
        environment.events.user_error.add_listener(self._on_user_error)

    def _on_job(self, msg: Any, **_: Any) -> None:
        job = Job.from_dict(msg.data)
        self._worker = Worker(job, max(0, self._runner.worker_index), self._runner.send_message)
        ScenarioUser.worker = self._worker
        # The limit for the whole of a request is ours; Locust's is for one read of it, and must not come first.
        limit = max(job.step.timeout, LOGIN_SECONDS) + 1
        ScenarioUser.network_timeout = ScenarioUser.connection_timeout = limit

    def _on_begin(self, **_: Any) -> None:
        if self._worker:
            self._worker.begin()

    def _on_measure(self, **_: Any) -> None:
        if self._worker:
            self._worker.measure()

    def _on_cpu_warning(self, **_: Any) -> None:
        if self._worker:
            self._worker.warned()

    def _on_user_error(self, exception: BaseException, **_: Any) -> None:
        # Locust would go on, with a user that sends nothing.
        if self._worker:
            self._worker.user_failed(f"a user failed: {type(exception).__name__}: {exception}", "please report this")


class _Conducting:
    """The master, or a generator of one process."""

    def __init__(self, environment: Any) -> None:
        self._environment = environment
        self._runner = environment.runner
        self._conductor: Conductor | None = None
        self._result = environment.parsed_options.result
        listeners = {
            "ready": lambda conductor, data: conductor.ready(),
            "measured": lambda conductor, data: conductor.measured(),
            "failed": lambda conductor, data: conductor.failed(data["problem"], data["fix"]),
            "report": lambda conductor, data: conductor.reports.append(data),
        }
        for name, listener in listeners.items():
            self._runner.register_message(f"greenshift_{name}", self._told(listener))
        environment.events.test_start.add_listener(self._on_start)

    def _told(self, listener: Any) -> Any:
        def on_message(msg: Any, **_: Any) -> None:
            if self._conductor:
                listener(self._conductor, msg.data)

        return on_message

    def _on_start(self, **_: Any) -> None:
        options, users = self._environment.parsed_options, self._runner.target_user_count
        try:
            job = job_from(options, self._environment.host or "", users, self._runner.worker_count)
        except LoadError as error:
            self._end(error)
            return
        self._conductor = Conductor(job, users, self._runner.send_message, lambda: self._runner.worker_count, _tell)
        self._runner.send_message("greenshift_job", job.as_dict())
        if self._result:
            gevent.spawn(self._conduct, self._conductor)
        else:
            # Nothing is measured by us: Locust's own figures and pages show the load.
            self._runner.send_message("greenshift_begin", {})

    def _conduct(self, conductor: Conductor) -> None:
        usage = Usage(gevent.sleep)
        try:
            if isinstance(self._runner, MasterRunner):
                gevent.spawn(usage.watch, lambda: bool(conductor.reports))
                reports = conductor.run()
                driven = merged(conductor.job, reports, usage.report())
            else:
                driven = merged(conductor.job, conductor.run())
        except LoadError as error:
            self._end(error)
        except Exception as error:
            self._end(GeneratorError(f"the generator failed: {type(error).__name__}: {error}", "please report this"))
            raise
        else:
            self._write(driven.as_dict())
            self._runner.quit()

    def _end(self, error: LoadError) -> None:
        print(error, file=sys.stderr)
        self._write({"error": {"kind": type(error).__name__, "problem": error.problem, "fix": error.fix}})
        self._environment.process_exit_code = 1
        # From a greenlet of its own: the one that starts users is ended by it.
        gevent.spawn(self._runner.quit)

    def _write(self, data: dict[str, Any]) -> None:
        if self._result:
            Path(self._result).write_text(json.dumps(data), encoding="utf-8")


def _tell(what: str) -> None:
    print(f"greenshift: {what}", flush=True)
