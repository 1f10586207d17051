"""The Python that serves a version: what is installed in it, and whether it can be watched there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import greenshift
from greenshift.load.errors import LoadError

_PROBE: Final = """
import importlib.util as u, json, sys
names = ["uvicorn", "uvloop", "httptools", "alembic", "asyncpg", "psycopg", "psycopg2", "greenshift"]
found = [n for n in names if u.find_spec(n) is not None]
error = None
try:
    import greenshift.load.serving.served
except BaseException as e:
    error = f"{type(e).__name__}: {e}"
version = sys.modules["sqlalchemy"].__version__ if "sqlalchemy" in sys.modules else None
print(json.dumps({"found": found, "error": error, "sqlalchemy": version, "python": sys.version.split()[0]}))
"""


@dataclass(frozen=True)
class Interpreter:
    """A Python in which a version is served.

    Args:
        program: its path.
        packages: the packages it has, of those that matter here.
        python: Python's version.
        sqlalchemy: SQLAlchemy's version.
        search_path: folders for ``PYTHONPATH`` without which it does not find Greenshift.
    """

    program: Path
    packages: frozenset[str]
    python: str
    sqlalchemy: str
    search_path: tuple[str, ...] = ()

    @property
    def default_driver(self) -> str:
        """The driver that SQLAlchemy takes for ``postgresql://``."""
        major, minor = (int("".join(filter(str.isdigit, part)) or 0) for part in self.sqlalchemy.split(".")[:2])
        return "psycopg" if (major, minor) >= (2, 1) else "psycopg2"

    @property
    def words(self) -> str:
        """What it is, for reports."""
        loop = "uvloop" if "uvloop" in self.packages else "asyncio"
        parser = "httptools" if "httptools" in self.packages else "h11"
        return f"Python {self.python}, SQLAlchemy {self.sqlalchemy}, uvicorn on {loop} and {parser}"

    def environment(self, tree: Path, variables: Mapping[str, str]) -> dict[str, str]:
        """Return the environment of a process that runs a tree's code.

        Args:
            tree: the tree; what it holds is found before what is installed.
            variables: further variables.
        """
        environment = dict(os.environ)
        own = [str(folder) for folder in (tree, tree / "src") if folder.is_dir()]
        given = [folder for folder in [environment.get("PYTHONPATH", "")] if folder]
        environment["PYTHONPATH"] = os.pathsep.join([*own, *self.search_path, *given])
        environment.update(variables)
        return environment


@contextmanager
def opened_interpreter(program: Path | None = None) -> Iterator[Interpreter]:
    """Look at an interpreter; one without Greenshift is lent what watches the application.

    Args:
        program: its path; this one by default.

    Raises:
        LoadError: it does not run, or lacks uvicorn or SQLAlchemy.
    """
    program = program or Path(sys.executable)
    # It will be started in the version's folder. Links stay: a virtual environment's Python is one.
    program = Path(os.path.abspath(shutil.which(program) or program))
    with ExitStack() as stack:
        seen = _probe(program, ())
        search_path: tuple[str, ...] = ()
        if "greenshift" not in seen["found"]:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="greenshift-path-"))
            # Only the package itself: a whole site-packages would hide the application's own versions.
            (Path(folder) / "greenshift").symlink_to(Path(greenshift.__file__).resolve().parent)
            search_path = (folder,)
            seen = _probe(program, search_path)
        if "uvicorn" not in seen["found"]:
            raise LoadError(
                f"{program} has no uvicorn", "pip install uvicorn into it, or name another Python with --python"
            )
        if seen["error"] is not None:
            raise LoadError(
                f"the application cannot be watched in {program} (Python {seen['python']}): {seen['error']}",
                "it needs Python 3.11 and SQLAlchemy 2.0.30 or newer there; or name another with --python",
            )
        yield Interpreter(program, frozenset(seen["found"]), seen["python"], seen["sqlalchemy"] or "2.0", search_path)


def _probe(program: Path, search_path: tuple[str, ...]) -> Any:
    environment = dict(os.environ)
    if search_path:
        path = [*search_path, environment.get("PYTHONPATH", "")]
        environment["PYTHONPATH"] = os.pathsep.join(path).rstrip(os.pathsep)
    try:
        done = subprocess.run(
            [str(program), "-c", _PROBE], capture_output=True, text=True, check=False, env=environment, timeout=120
        )
        return json.loads(done.stdout.strip().splitlines()[-1])
    except (OSError, subprocess.TimeoutExpired, IndexError, json.JSONDecodeError) as error:
        raise LoadError(f"{program} is no Python that runs: {error}", "name another with --python") from error
