"""Runs pytest in a project of its own, in a process of its own, and learns when each test began."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# The moment at which each test begins, so that a difference holds all that pytest and the plugins do for one test.
RECORDER = """
import json
import os
import time

starts = []


def pytest_runtest_logstart(nodeid, location):
    starts.append(time.perf_counter())


def pytest_sessionfinish(session, exitstatus):
    if "PYTEST_XDIST_WORKER" not in os.environ:
        with open(os.environ["BENCHMARK_STARTS"], "w") as file:
            json.dump(starts, file)
"""


@dataclass(frozen=True)
class Run:
    """One pytest run.

    Args:
        seconds: from the start of the process to its end.
        began: when it was started, as ``time.time`` tells it.
        starts: when each test began, in seconds on one clock.
    """

    seconds: float
    began: float
    starts: list[float]

    def per_test(self, warm_up: int) -> float:
        """Return the seconds from one test to the next: the mean over all but the first and the last."""
        measured = self.starts[warm_up:]
        return (measured[-1] - measured[0]) / (len(measured) - 1)


def write_project(directory: Path, files: Mapping[str, str]) -> Path:
    """Write a project's files, and what every project has."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text, encoding="utf-8")
    shutil.copy(Path(__file__).with_name("schema30.py"), directory)
    (directory / "benchmark_recorder.py").write_text(RECORDER, encoding="utf-8")
    return directory


def run_pytest(
    project: Path, plugins: tuple[str, ...], *arguments: str, environment: Mapping[str, str] | None = None
) -> Run:
    """Run a project's tests with these plugins and no others.

    Raises:
        SystemExit: a test failed; what pytest said is shown.
    """
    dropped = ("PYTEST_", "GREENSHIFT_", "PYTHONDONTWRITEBYTECODE")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    starts = project / "starts.json"
    starts.unlink(missing_ok=True)
    loaded = [argument for plugin in (*plugins, "benchmark_recorder") for argument in ("-p", plugin)]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *loaded, *arguments]
    began = time.time()
    clock = time.perf_counter()
    done = subprocess.run(
        command,
        cwd=project,
        env=clean
        | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "BENCHMARK_STARTS": str(starts), "PYTHONPATH": str(project)}
        | dict(environment or {}),
        capture_output=True,
        text=True,
    )
    seconds = time.perf_counter() - clock
    if done.returncode != 0:
        raise SystemExit(
            f"{project.name}: pytest ended with {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        )
    return Run(seconds, began, json.loads(starts.read_text(encoding="utf-8")))
