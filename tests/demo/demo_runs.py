"""The demo as users run it, and what it leaves behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil

PROJECT = Path(__file__).parents[2]
EXAMPLE = PROJECT / "examples" / "exams"


def run_demo(
    *arguments: str, cwd: Path, python: str = sys.executable, code: str = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run ``greenshift demo``.

    Args:
        arguments: after ``demo``.
        cwd: the working directory.
        python: the interpreter.
        code: what to run before the command line.
        variables: environment variables.
    """
    start = ["-c", f"{code}\nfrom greenshift.cli import main\nmain()"] if code else ["-m", "greenshift"]
    return subprocess.run(
        [python, *start, "demo", *arguments],
        cwd=cwd,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )


def contents(folder: Path) -> dict[str, bytes]:
    """Return the files below a folder, without what runs leave there."""
    unwanted = {"__pycache__", ".git", ".greenshift", ".ruff_cache", ".pytest_cache", ".mypy_cache"}
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not unwanted.intersection(path.relative_to(folder).parts) and path.suffix != ".db"
    }


def at_work_in(folder: Path) -> list[str]:
    """Return the processes that work in a folder, or name it."""
    found = []
    for process in psutil.process_iter():
        try:
            words = " ".join(process.cmdline())
            if process.pid != os.getpid() and (str(folder) in words or process.cwd().startswith(str(folder))):
                found.append(f"{process.pid} {words}")
        except psutil.Error:
            continue
    return found
