"""A real application under uvicorn, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from greenshift.load.generator.process import free_port
from greenshift.load.scenario import Scenario, read_scenario


@pytest.fixture(scope="session")
def quiz() -> Iterator[str]:
    """The URL of the application."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "quiz_application:app", "--port", str(port), "--log-level", "warning"]
    process = subprocess.Popen(command, cwd=Path(__file__).parent)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{url}/exams")
        yield url
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def seen(quiz: str) -> Callable[[], list[dict[str, Any]]]:
    """Return what the application was asked, and forget it."""

    def ask() -> list[dict[str, Any]]:
        with urllib.request.urlopen(f"{quiz}/seen") as answer:
            requests: list[dict[str, Any]] = json.load(answer)
        return requests

    ask()
    return ask


@pytest.fixture
def scenario(tmp_path: Path) -> Callable[[str], Scenario]:
    """Return the scenario of a TOML text."""

    def read(text: str) -> Scenario:
        (tmp_path / "scenario.toml").write_text(text, encoding="utf-8")
        return read_scenario(tmp_path / "scenario.toml")

    return read


def _wait_for(url: str) -> None:
    for _ in range(200):
        try:
            urllib.request.urlopen(url).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"{url} does not answer")
