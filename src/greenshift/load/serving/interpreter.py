"""The Python that serves a version, and whether it can be watched there."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from greenshift.application.interpreter import Guest, Interpreter, opened_interpreter

_WATCHER: Final = Guest(
    module="greenshift.load.serving.served",
    packages=("uvicorn", "uvloop", "httptools", "alembic", "asyncpg", "psycopg", "psycopg2"),
    failure="the application cannot be watched",
    needs="Python 3.11 and SQLAlchemy 2.0.30 or newer",
    required=("uvicorn",),
)


def opened(program: Path | None = None) -> AbstractContextManager[Interpreter]:
    """Look at an interpreter; one without Greenshift is lent what watches the application.

    Args:
        program: its path; this one by default.

    Raises:
        ApplicationError: it does not run, or lacks uvicorn or SQLAlchemy.
    """
    return opened_interpreter(program or Path(sys.executable), _WATCHER)


def words(interpreter: Interpreter) -> str:
    """Return what serves a version, for reports.

    Args:
        interpreter: the version's Python.
    """
    loop = "uvloop" if "uvloop" in interpreter.packages else "asyncio"
    parser = "httptools" if "httptools" in interpreter.packages else "h11"
    return f"Python {interpreter.python}, SQLAlchemy {interpreter.sqlalchemy}, uvicorn on {loop} and {parser}"
