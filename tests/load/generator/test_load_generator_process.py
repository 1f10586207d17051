"""The generator's processes: ended with whoever started them, on the loopback address only, with our settings only."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from greenshift.load.errors import GeneratorError
from greenshift.load.generator import drive
from greenshift.load.scenario import Scenario
from greenshift.load.step import Step

_SRC = Path(__file__).parents[3] / "src"
_OWNER = """
import sys
from pathlib import Path
from greenshift.load.generator import drive
from greenshift.load.scenario import read_scenario
from greenshift.load.step import Step
drive(read_scenario(Path(sys.argv[1])), sys.argv[2], Step(users=4, seconds=60, warm_up=0), workers=2,
      measuring=lambda: print("measuring", flush=True))
"""


def test_they_end_with_whoever_started_them_and_listen_on_loopback_only(quiz: str, tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text('[[step]]\npath = "/exams"\n', encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(_SRC), "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", _OWNER, str(tmp_path / "s.toml"), quiz]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "measuring\n"
        processes = psutil.Process(owner.pid).children(recursive=True)
        assert len(processes) == 3
        listening = [
            connection.laddr.ip
            for process in processes
            for connection in process.net_connections("inet")
            if connection.status == psutil.CONN_LISTEN
        ]
        assert listening == ["127.0.0.1"]
        assert list(tmp_path.glob("greenshift-load-*"))
        owner.send_signal(signal.SIGKILL)
        owner.wait()
    _, alive = psutil.wait_procs(processes, timeout=5)
    assert alive == []
    # The scenario in it may hold what users log in with.
    assert list(tmp_path.glob("greenshift-load-*")) == []


def test_nothing_is_left_after_a_load(
    quiz: str, scenario: Callable[[str], Scenario], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    descriptors, before = len(os.listdir("/proc/self/fd")), psutil.Process().children(recursive=True)
    children: list[psutil.Process] = []
    drive(
        scenario('[[step]]\npath = "/exams"\n'),
        quiz,
        Step(users=1, requests=20, warm_up=0),
        measuring=lambda: children.extend(_new(before)),
    )
    assert len(children) == 1
    assert not children[0].is_running()
    assert list(tmp_path.glob("greenshift-load-*")) == []
    assert len(os.listdir("/proc/self/fd")) == descriptors


def test_an_exception_in_a_callback_ends_them(quiz: str, scenario: Callable[[str], Scenario]) -> None:
    before = psutil.Process().children(recursive=True)
    children: list[psutil.Process] = []

    def fail() -> None:
        children.extend(_new(before))
        raise RuntimeError("the caller's own")

    with pytest.raises(RuntimeError, match="the caller's own"):
        drive(scenario('[[step]]\npath = "/exams"\n'), quiz, Step(users=1, seconds=30, warm_up=0), measuring=fail)
    assert len(children) == 1
    assert not children[0].is_running()


def test_locusts_own_settings_do_not_reach_them(
    quiz: str, scenario: Callable[[str], Scenario], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "locust.conf").write_text("run-time = 1ms\nusers = 77\n", encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text('[tool.locust]\nrun-time = "1ms"\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOCUST_RUN_TIME", "1ms")
    driven = drive(scenario('[[step]]\npath = "/exams"\n'), quiz, Step(users=1, requests=20, warm_up=0.2))
    assert driven.requests == 20


def test_a_generator_that_is_killed_is_told(quiz: str, scenario: Callable[[str], Scenario]) -> None:
    before = psutil.Process().children(recursive=True)

    def kill() -> None:
        for process in _new(before):
            process.kill()

    with pytest.raises(GeneratorError, match="ended with code -9 and no result"):
        drive(scenario('[[step]]\npath = "/exams"\n'), quiz, Step(users=1, seconds=30, warm_up=0), measuring=kill)


def test_whoever_starts_them_has_nothing_of_locust_in_its_own_process() -> None:
    code = "import sys; from greenshift.load.generator import drive\n"
    code += "print({'gevent', 'locust', 'psutil'} & set(sys.modules))"
    ended = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(_SRC)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout == "set()\n"


def test_without_locust_it_says_how_to_install_it() -> None:
    # -S: without site-packages, and so without Locust.
    code = f"import sys; sys.path.insert(0, {str(_SRC)!r})\n" + _OWNER.replace(
        "read_scenario(Path(sys.argv[1]))", "SOME"
    )
    code = code.replace("drive(SOME", "from greenshift.load.scenario import Scenario\ndrive(Scenario('x')")
    ended = subprocess.run(
        [sys.executable, "-S", "-c", code, "x", "http://127.0.0.1:1"], capture_output=True, text=True, check=False
    )
    assert "GeneratorError: Locust is not installed" in ended.stderr
    assert "pip install 'greenshift[load]'" in ended.stderr


def _new(before: list[psutil.Process]) -> list[psutil.Process]:
    return [process for process in psutil.Process().children(recursive=True) if process not in before]
