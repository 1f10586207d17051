"""The shipped Locust file by hand, as the documentation says: over several workers, and with Locust's own figures."""

from __future__ import annotations

import json
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import pytest

from greenshift.load.driven import Driven
from greenshift.load.errors import LoadError
from greenshift.load.generator.command_line import job_from
from greenshift.load.generator.process import free_port

_SCENARIO = """
[data.word]
file = "words.csv"
[[step]]
path = "/exams"
params = { word = "{word.text}" }
"""


def _locustfile() -> str:
    command = [sys.executable, "-m", "greenshift.load.generator"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _locust(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "locust", "-f", _locustfile(), "--headless", *arguments]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_one_scenario_file_runs_over_several_workers(quiz: str, tmp_path: Path) -> None:
    here = tmp_path / "master"
    here.mkdir()
    (here / "scenario.toml").write_text(_SCENARIO, encoding="utf-8")
    (here / "words.csv").write_text("text\nalpha\nbeta\n", encoding="utf-8")
    port = str(free_port())
    # The workers are elsewhere: they have neither the scenario nor its data.
    workers = [
        _locust(tmp_path / f"worker{number}", "--worker", "--master-host", "127.0.0.1", "--master-port", port)
        for number in range(2)
    ]
    master = _locust(
        here,
        *("--master", "--master-bind-host", "127.0.0.1", "--master-bind-port", port, "--expect-workers", "2"),
        *("--host", quiz, "--scenario", "scenario.toml", "--users", "4", "--spawn-rate", "4"),
        *("--requests", "100", "--warm-up", "0.2", "--result", "result.json"),
    )
    _, errors = master.communicate(timeout=60)
    for worker in workers:
        worker.communicate(timeout=10)
    assert master.returncode == 0, errors
    driven = Driven.from_dict(json.loads((here / "result.json").read_text(encoding="utf-8")))
    assert (driven.requests, driven.errors) == (100, 0)
    assert [process.name for process in driven.processes] == ["worker 1", "worker 2", "master"]


def test_without_a_result_file_it_is_locust_as_it_is(quiz: str, tmp_path: Path) -> None:
    locust = _locust(tmp_path, "--host", quiz, "--users", "2", "--run-time", "3s", "--json", "--loglevel", "ERROR")
    output, errors = locust.communicate(timeout=60)
    names = {(entry["method"], entry["name"]) for entry in json.loads(output)}
    assert ("GET", "GET /exams") in names, errors


def test_a_scenario_that_cannot_be_read_is_told_in_two_lines(quiz: str, tmp_path: Path) -> None:
    locust = _locust(tmp_path, "--host", quiz, "--scenario", "none.toml", "--result", "r.json", "--loglevel", "ERROR")
    _, errors = locust.communicate(timeout=60)
    assert locust.returncode == 1
    assert "none.toml cannot be read: No such file or directory\n  fix: give the path of a scenario file\n" in errors
    assert "Traceback" not in errors


def test_fewer_users_than_workers_are_refused() -> None:
    options = Namespace(seconds=1, requests=None, rate=None)
    with pytest.raises(LoadError, match="1 users on 2 workers"):
        job_from(options, "http://127.0.0.1:1", users=1, workers=2)
