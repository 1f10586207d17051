"""Wrong use, a missing extra, an interruption, the temporary folder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import psutil
import pytest
from child_processes import still_alive, words_of
from demo.demo_runs import PROJECT, at_work_in, run_demo
from packaging.requirements import Requirement

from greenshift.demo.example import NEEDED


def test_a_missing_extra_is_told_before_anything_starts(tmp_path: Path) -> None:
    hidden = "import sys; sys.modules['locust'] = sys.modules['factory'] = None"
    done = run_demo("--folder", "demo", cwd=tmp_path, code=hidden)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        "error: the demo's application and its tools need factory-boy, locust",
        f"fix: {sys.executable} -m pip install 'greenshift[demo]'",
    ]
    assert list(tmp_path.iterdir()) == []


def test_the_extra_brings_what_is_needed() -> None:
    extras = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["optional-dependencies"]

    def packages(extra: str) -> set[str]:
        found = set()
        for one in map(Requirement, extras[extra]):
            found |= set().union(*map(packages, one.extras)) if one.name == "greenshift" else {one.name}
        return found

    assert set(NEEDED.values()) <= packages("demo")
    assert packages("demo") <= packages("dev")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--folder", "full"), "full is not empty"),
        (("--folder", "full/file"), "full/file cannot be used"),
        (("--step", "heel"), "there is no such step"),
        (("--html", "nowhere/report.html"), "there is no folder"),
    ],
)
def test_wrong_use(
    tmp_path: Path,
    arguments: tuple[str, ...],
    problem: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from greenshift.cli import main

    (tmp_path / "full").mkdir()
    (tmp_path / "full/file").write_text("mine")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path / "full"))
    monkeypatch.setattr(sys, "argv", ["greenshift", "demo", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("error: ")
    assert problem in first
    assert second.startswith("fix: ")
    assert [one.name for one in tmp_path.rglob("*")] == ["full", "file"]


def test_the_temporary_folder_keeps_the_report_alone(tmp_path: Path) -> None:
    done = run_demo("--step", "check", "--json", cwd=tmp_path, TMPDIR=str(tmp_path))
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    folder = Path(found["folder"])
    assert folder.parent == tmp_path
    assert [one.name for one in folder.iterdir()] == ["report.html"]
    assert found["report"] == str(folder / "report.html")
    assert f"report: {folder}/report.html" in done.stderr
    assert "exams-async" not in done.stderr


def test_interrupted(tmp_path: Path) -> None:
    """Nothing is left running, and the folder is told."""
    with subprocess.Popen(
        [sys.executable, "-m", "greenshift", "demo", "--step", "tests", "--step", "scan", "--folder", "demo"],
        cwd=tmp_path,
        env=os.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as demo:
        # Until pytest's workers run, on a PostgreSQL of the demo's.
        started = psutil.Process(demo.pid)
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            children = started.children(recursive=True)
            if sum("pytest" in words_of(one) for one in children) and len(children) > 3:
                break
            time.sleep(0.2)
        else:
            pytest.fail("pytest was not started")
        demo.send_signal(signal.SIGINT)
        said, _ = demo.communicate(timeout=60)
    assert demo.returncode == 130, said
    assert "interrupted: what was started has ended" in said
    assert f"folder: {tmp_path}/demo" in said
    assert "1 of 3 steps done" in said
    assert "Traceback" not in said
    assert "places" not in said  # of the scan, which has not run
    assert (tmp_path / "demo/exams/api/main.py").is_file()
    assert still_alive(children) == []
    assert at_work_in(tmp_path / "demo") == []
