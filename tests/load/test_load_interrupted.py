"""Whoever interrupts ``greenshift load``, or kills it, finds nothing of it left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
from child_processes import still_alive, words_of
from load.serving.loadshop import shop

_COMMAND = ("load", "--before", "HEAD", "--app", "shop:app", "--prepare", "rows.sql", "--database-delay", "1ms")
_LONG = ("--users", "2", "--seconds", "60", "--warm-up", "0", "--rounds", "1")
_DRIVEN = "round 1, application, 2 users"


@pytest.fixture
def repository(tmp_path):
    folder = shop(tmp_path / "shop")
    for words in (["init", "-q"], ["add", "-A"], ["-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "1"]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    return folder


def _driving(folder: Path, temporary: Path) -> tuple[subprocess.Popen[str], list[psutil.Process], list[str]]:
    """Start a load, and wait until it sends requests; return it with its processes and what it says."""
    command = [sys.executable, "-m", "greenshift", *_COMMAND, *_LONG]
    temporary.mkdir()
    load = subprocess.Popen(
        command,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(temporary)},
        start_new_session=True,
    )
    said: list[str] = []
    assert load.stderr is not None
    threading.Thread(target=said.extend, args=(load.stderr,), daemon=True).start()
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline and load.poll() is None:
        children = psutil.Process(load.pid).children(recursive=True)
        # Locust is the last that is started.
        if any(_DRIVEN in line for line in said) and any("locust" in words_of(one) for one in children):
            return load, children, said
        time.sleep(0.1)
    load.kill()
    pytest.fail(f"nothing is driven: {said}")


@pytest.mark.parametrize("whom", ["the process", "the group, as a terminal does"])
def test_interrupted_it_says_so_and_leaves_nothing(repository, tmp_path, whom):
    load, children, said = _driving(repository, tmp_path / "temporary")
    (os.kill if whom == "the process" else os.killpg)(load.pid, signal.SIGINT)
    assert load.wait(timeout=60) == 130, said
    assert "Traceback" not in "".join(said)
    assert still_alive(children) == []
    assert os.listdir(tmp_path / "temporary") == []


def test_killed_it_leaves_no_process(repository, tmp_path):
    load, children, _ = _driving(repository, tmp_path / "temporary")
    load.kill()
    load.wait(timeout=10)
    assert still_alive(children) == []
