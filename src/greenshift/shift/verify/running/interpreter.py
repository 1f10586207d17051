"""The application's own Python, and whether the recorder runs there."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from greenshift.application.interpreter import Guest, Interpreter, opened_interpreter

_RECORDER: Final = Guest(
    module="greenshift.shift.verify.recorder",
    packages=("pytest", "xdist", "pytest_cov", "schemathesis", "asyncpg", "psycopg", "psycopg2", "aiosqlite"),
    failure="the recorder does not run",
    needs="Python 3.11, SQLAlchemy 2.0.30 and pytest 8 or newer",
    # Both sides are to go through their sets in one order.
    variables={"PYTHONHASHSEED": "0"},
)


def interpreter_of(tree: Path) -> Path:
    """Return the Python of an application: of its own virtual environment, or else this one.

    Args:
        tree: the application's folder.
    """
    for name in (".venv", "venv"):
        for program in (tree / name / "bin" / "python", tree / name / "Scripts" / "python.exe"):
            if program.is_file():
                return program
    return Path(sys.executable)


def opened(program: Path) -> AbstractContextManager[Interpreter]:
    """Look at an interpreter; one without Greenshift is lent what the recorder needs.

    Args:
        program: its path.

    Raises:
        ApplicationError: the recorder cannot run in it.
    """
    return opened_interpreter(program, _RECORDER)
