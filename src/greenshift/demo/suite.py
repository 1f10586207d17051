"""One run of the example's tests by pytest, as a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from greenshift.demo.errors import StepError
from greenshift.demo.step import Tell

_PERCENT: Final = re.compile(r"\[\s*(\d+)%\]")
_LAST_LINES: Final = 12
_GRACE: Final = 10.0


@dataclass(frozen=True)
class TestRun:
    """How the tests went, from the report (JUnit XML) that pytest wrote.

    Args:
        passed: how many passed.
        failed: how many failed, errors of fixtures included.
        skipped: how many were skipped.
        seconds: how long pytest says that it took.
        output: what pytest printed.
    """

    __test__ = False

    passed: int
    failed: int
    skipped: int
    seconds: float
    output: tuple[str, ...]

    @property
    def words(self) -> str:
        """The counts, in words."""
        counts = (("passed", self.passed), ("failed", self.failed), ("skipped", self.skipped))
        return ", ".join(f"{count} {name}" for name, count in counts if count)


def run_tests(folder: Path, arguments: tuple[str, ...], variables: Mapping[str, str], tell: Tell) -> TestRun:
    """Run pytest in a folder.

    Args:
        folder: the application's.
        arguments: of pytest's.
        variables: environment variables, beside those of this process.
        tell: is told how far it is.

    Raises:
        StepError: no test ran.
    """
    with tempfile.TemporaryDirectory(prefix="greenshift-demo-") as place:
        report = Path(place) / "tests.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *arguments]
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **variables, "NO_COLOR": "1", "COLUMNS": "120"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        try:
            assert process.stdout is not None
            lines = _read(process.stdout, tell)
            process.wait()
        finally:
            _end(process)
        counts = _counts(report)
    if counts is None or not counts[0]:
        raise StepError("pytest ran no test", f"try it: cd {folder} && pytest", lines[-_LAST_LINES:])
    total, failed, skipped, seconds = counts
    return TestRun(total - failed - skipped, failed, skipped, seconds, tuple(lines))


def _read(stream: IO[str], tell: Tell) -> list[str]:
    lines = []
    for line in stream:
        lines.append(line.rstrip("\n"))
        found = _PERCENT.search(line)
        if found:
            tell(f"{found[1]} % of the tests")
    return lines


def _counts(report: Path) -> tuple[int, int, int, float] | None:
    try:
        # Written a moment ago by the pytest that was started here.
        suites = ElementTree.parse(report).getroot().iter("testsuite")  # noqa: S314
    except (OSError, ElementTree.ParseError):
        return None
    total = failed = skipped = 0
    seconds = 0.0
    for suite in suites:
        total += int(suite.get("tests", 0))
        failed += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped += int(suite.get("skipped", 0))
        seconds += float(suite.get("time", 0))
    return total, failed, skipped, seconds


def _end(process: subprocess.Popen[str]) -> None:
    """End pytest and its workers, if they still run; asked first, so that they give back what they hold."""
    if process.poll() is not None:
        return
    for number in (signal.SIGINT, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + _GRACE
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        if process.poll() is not None:
            return
