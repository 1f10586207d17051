"""The application's own Python: what is installed in it, and whether Greenshift's part runs there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import greenshift
from greenshift.application.errors import ApplicationError

# Variables of a pytest that started this process, which what it starts must not take for its own.
_PYTEST_VARIABLES: Final = ("PYTEST_XDIST_", "PYTEST_CURRENT_TEST", "PYTEST_VERSION", "COV_CORE_")

_PROBE: Final = """
import importlib, importlib.util as u, json, sys
module, *names = sys.argv[1:]
found = [n for n in names if u.find_spec(n) is not None]
error = None
try:
    importlib.import_module(module)
except BaseException as e:
    error = f"{type(e).__name__}: {e}"
version = sys.modules["sqlalchemy"].__version__ if "sqlalchemy" in sys.modules else None
print(json.dumps({"found": found, "error": error, "sqlalchemy": version, "python": sys.version.split()[0]}))
"""


@dataclass(frozen=True)
class Guest:
    """The part of Greenshift that is to run in an application's Python.

    Args:
        module: of Greenshift; that it can be imported there is looked at.
        packages: those whose presence matters, Greenshift itself left out.
        failure: what is not possible where it cannot be imported, for messages.
        needs: what has to be installed there, for messages.
        required: those of the packages without which it is of no use.
        variables: environment variables of every process that runs it.
    """

    module: str
    packages: tuple[str, ...]
    failure: str
    needs: str
    required: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Interpreter:
    """A Python in which an application runs.

    Args:
        program: its path.
        packages: the packages it has, of those that matter.
        python: Python's version.
        sqlalchemy: SQLAlchemy's version.
        search_path: folders for ``PYTHONPATH`` without which it does not find Greenshift.
        variables: environment variables of every process.
    """

    program: Path
    packages: frozenset[str]
    python: str
    sqlalchemy: str
    search_path: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def default_driver(self) -> str:
        """The driver that SQLAlchemy takes for ``postgresql://``."""
        major, minor = (int("".join(filter(str.isdigit, part)) or 0) for part in self.sqlalchemy.split(".")[:2])
        return "psycopg" if (major, minor) >= (2, 1) else "psycopg2"

    def environment(self, tree: Path, variables: Mapping[str, str]) -> dict[str, str]:
        """Return the environment of a process that runs a tree's code.

        Args:
            tree: the tree; what it holds is found before what is installed.
            variables: further variables.
        """
        environment = {name: value for name, value in os.environ.items() if not name.startswith(_PYTEST_VARIABLES)}
        own = [str(folder) for folder in (tree, tree / "src") if folder.is_dir()]
        given = [folder for folder in [environment.get("PYTHONPATH", "")] if folder]
        environment["PYTHONPATH"] = os.pathsep.join([*own, *self.search_path, *given])
        return {**environment, **self.variables, **variables}


@contextmanager
def opened_interpreter(program: Path, guest: Guest) -> Iterator[Interpreter]:
    """Look at an interpreter; one without Greenshift is lent it, for as long as the block runs.

    Args:
        program: its path, or its name where it is on the search path.
        guest: what is to run in it.

    Raises:
        ApplicationError: the interpreter does not run, or the guest does not run in it.
    """
    # It will be started in another folder. Links stay: a virtual environment's Python is one.
    program = Path(os.path.abspath(shutil.which(program) or program))
    with ExitStack() as stack:
        seen = _probe(program, guest, ())
        search_path: tuple[str, ...] = ()
        if "greenshift" not in seen["found"]:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="greenshift-path-"))
            # Only the package itself: a whole site-packages would hide the application's own versions.
            (Path(folder) / "greenshift").symlink_to(Path(greenshift.__file__).resolve().parent)
            search_path = (folder,)
            seen = _probe(program, guest, search_path)
        for package in guest.required:
            if package not in seen["found"]:
                raise ApplicationError(
                    f"{program} has no {package}",
                    f"pip install {package} into it, or name another Python with --python",
                )
        if seen["error"] is not None:
            raise ApplicationError(
                f"{guest.failure} in {program} (Python {seen['python']}): {seen['error']}",
                f"it needs {guest.needs} there; or name another with --python",
            )
        packages = frozenset(seen["found"])
        sqlalchemy = seen["sqlalchemy"] or "2.0"
        yield Interpreter(program, packages, seen["python"], sqlalchemy, search_path, guest.variables)


def _probe(program: Path, guest: Guest, search_path: tuple[str, ...]) -> Any:
    environment = dict(os.environ)
    if search_path:
        path = [*search_path, environment.get("PYTHONPATH", "")]
        environment["PYTHONPATH"] = os.pathsep.join(path).rstrip(os.pathsep)
    command = [str(program), "-c", _PROBE, guest.module, *guest.packages, "greenshift"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=120)
        return json.loads(done.stdout.strip().splitlines()[-1])
    except (OSError, subprocess.TimeoutExpired, IndexError, json.JSONDecodeError) as error:
        raise ApplicationError(f"{program} is no Python that runs: {error}", "name another with --python") from error
