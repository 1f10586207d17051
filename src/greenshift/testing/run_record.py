"""How every test of a run went, for ``--db-report-html``: heard where the reports of all workers come together."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from greenshift.testing.guard_warning import GuardWarning

_EXPLAINED = "greenshift"
_NO_OUTCOME = ("setup", "teardown")


@dataclass(frozen=True)
class Failure:
    """One phase of a test that failed, or a module that could not be imported.

    Args:
        phase: ``setup``, ``call``, ``teardown`` or ``collect``.
        message: one line, what was raised.
        text: the failure as pytest shows it.
        explanations: what Greenshift says of it, each with its title.
    """

    phase: str
    message: str
    text: str
    explanations: tuple[tuple[str, str], ...] = ()


@dataclass
class TestRun:
    """How one test went.

    Args:
        name: pytest's node id.
        outcome: ``passed``, ``failed``, ``error``, ``skipped``, ``xfailed`` or ``xpassed``.
        seconds: how long it took, with its fixtures.
        failures: its phases that failed.
    """

    __test__ = False

    name: str
    outcome: str = ""
    seconds: float = 0.0
    failures: list[Failure] = field(default_factory=list)


@dataclass
class RunRecord:
    """A run as a whole; registered as a plugin, it fills itself.

    Args:
        tests: the tests by their node ids, in the order in which they were heard of.
        warnings: what guards that warn found: each a test's node id and the text.
        workers: the processes that ran tests.
        seconds: how long the run took; 0 while it goes on.
        interrupted: why it ended early, if it did.
    """

    tests: dict[str, TestRun] = field(default_factory=dict)
    warnings: list[tuple[str, str]] = field(default_factory=list)
    workers: set[str] = field(default_factory=set)
    seconds: float = 0.0
    interrupted: str = ""
    _started: float = field(default_factory=time.perf_counter)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take a phase of a test."""
        test = self.tests.setdefault(report.nodeid, TestRun(report.nodeid))
        test.seconds += report.duration
        test.outcome = _outcome(report) or test.outcome
        if report.failed:
            test.failures.append(_failure(report, report.when or "call"))
        worker = getattr(report, "worker_id", "")
        if worker:
            self.workers.add(worker)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Take a module that could not be imported; each worker says so."""
        if report.failed and report.nodeid not in self.tests:
            self.tests[report.nodeid] = TestRun(
                report.nodeid, "error", report_seconds(report), [_failure(report, "collect")]
            )

    def pytest_warning_recorded(self, warning_message: Any, nodeid: str) -> None:
        """Take what a guard found."""
        if issubclass(warning_message.category, GuardWarning):
            self.warnings.append((nodeid, str(warning_message.message)))

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Remember that the run did not come to its end."""
        self.interrupted = excinfo.typename

    def end(self) -> None:
        """The run is over."""
        self.seconds = time.perf_counter() - self._started

    def failed(self) -> Iterator[tuple[TestRun, Failure]]:
        """Yield what failed, with the test that it belongs to."""
        for test in self.tests.values():
            for failure in test.failures:
                yield test, failure


def report_seconds(report: Any) -> float:
    """Return how long a report's phase took; a module's may not say."""
    return float(getattr(report, "duration", 0.0))


def _outcome(report: pytest.TestReport) -> str:
    """Return what a phase makes of its test; nothing where it changes nothing."""
    if report.failed:
        return "error" if report.when in _NO_OUTCOME else "failed"
    if hasattr(report, "wasxfail"):
        return "xfailed" if report.skipped else "xpassed"
    if report.skipped:
        return "skipped"
    return "passed" if report.when == "call" else ""


def _failure(report: pytest.TestReport | pytest.CollectReport, phase: str) -> Failure:
    text = report.longreprtext
    crash = getattr(report.longrepr, "reprcrash", None)
    message = str(crash.message) if crash is not None else text.strip()
    explained = tuple((title, words) for title, words in report.sections if title.startswith(_EXPLAINED))
    return Failure(phase, next(iter(message.splitlines()), phase), text, explained)
