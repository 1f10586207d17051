"""One run of the application's tests under the recorder."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from greenshift.application.interpreter import Interpreter
from greenshift.config import load_config
from greenshift.shift.heal.errors import HealError
from greenshift.shift.heal.outcomes import Run, read_run
from greenshift.shift.verify.running.databases import Choice, Databases, choose
from greenshift.shift.verify.running.interpreter import opened

# pytest's exit codes: an internal error, wrong use.
_BROKEN: Final = (3, 4)
# Beyond this a command line would be too long; all tests are run instead.
_MOST_NAMED: Final = 300
_LENT: Final = ("libcst", "yaml", "_yaml")


class TestRunner:
    """Runs the tests of an application.

    Args:
        root: the application's folder.
        interpreter: its Python.
        search_path: folders for ``PYTHONPATH`` without which that does not find what the recorder needs.
        arguments: further arguments of pytest's.
        timeout: seconds after which a run that hangs is ended.
        databases: gives each run an empty database.
    """

    __test__ = False

    def __init__(
        self,
        root: Path,
        interpreter: Interpreter,
        search_path: Sequence[str],
        arguments: Sequence[str],
        timeout: float | None,
        databases: Databases,
    ) -> None:
        self.root = root
        self._interpreter = interpreter
        self._search_path = search_path
        self._arguments = arguments
        self._timeout = timeout
        self._databases = databases
        self._runs = 0

    def run(self, tests: Sequence[str] = ()) -> Run:
        """Run tests.

        Args:
            tests: files, folders or names; none for all.

        Raises:
            HealError: pytest could not run, or did not come to its end in time.
        """
        with tempfile.TemporaryDirectory(prefix="greenshift-heal-") as folder:
            recording, output = Path(folder, "record.jsonl"), Path(folder, "output")
            command = [str(self._interpreter.program), "-m", "pytest", "-p", "greenshift.shift.heal.recorder"]
            command += ["--greenshift-heal-record", str(recording), "-p", "no:cacheprovider", "-q", "--maxfail=0"]
            command += ["--continue-on-collection-errors"]
            if "xdist" in self._interpreter.packages:
                command.append("-n0")
            if "pytest_cov" in self._interpreter.packages:
                command.append("--no-cov")
            named = [] if len(tests) > _MOST_NAMED else tests
            code, in_time = self._wait([*command, *self._arguments, *named], output)
            run = read_run(recording)
            if code in _BROKEN or not run.finished:
                why = _reason(output) if in_time else f"they did not end within {self._timeout:.0f} s"
                raise HealError(f"the tests could not be run: {why}", f"try it: cd {self.root} && pytest")
            return run

    def _wait(self, command: Sequence[str], output: Path) -> tuple[int | None, bool]:
        self._runs += 1
        config = self._databases.config
        variables = self._databases.variables(f"heal{self._runs}", self._interpreter, config, is_async=True)
        environment = self._interpreter.environment(self.root, {"PYTHONDONTWRITEBYTECODE": "1", **variables})
        environment["PYTHONPATH"] = os.pathsep.join([environment["PYTHONPATH"], *self._search_path])
        with output.open("wb") as stream:
            # A signal between the start of the process and the next line would leave it alone in the world.
            mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
            process = None
            try:
                process = subprocess.Popen(
                    command,
                    cwd=self.root,
                    env=environment,
                    stdout=stream,
                    stderr=subprocess.STDOUT,
                    stdin=subprocess.DEVNULL,
                    start_new_session=True,
                    preexec_fn=partial(signal.pthread_sigmask, signal.SIG_SETMASK, mask),
                )
                signal.pthread_sigmask(signal.SIG_SETMASK, mask)
                return process.wait(self._timeout), True
            except subprocess.TimeoutExpired:
                return None, False
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, mask)
                if process is not None and process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()


@contextmanager
def opened_runner(
    root: Path, python: Path, arguments: Sequence[str], timeout: float | None, database: Choice
) -> Iterator[TestRunner]:
    """Look at the application's Python; what the recorder lacks there is lent to it.

    Args:
        root: the application's folder.
        python: its Python.
        arguments: further arguments of pytest's.
        timeout: seconds after which a run that hangs is ended.
        database: what the tests run on, as for ``verify``.

    Raises:
        HealError: the recorder cannot run in it.
    """
    with opened(python) as interpreter, tempfile.TemporaryDirectory(prefix="greenshift-path-") as folder:
        search_path: list[str] = []
        if not _has_libcst(python, ()):
            _lend(Path(folder))
            search_path = [folder]
            if not _has_libcst(python, search_path):
                raise HealError(
                    f"{python} has no libcst, with which the repairs are written",
                    f"install it there: {python} -m pip install libcst",
                )
        config = load_config(root)
        if not config.configured:
            config = replace(config, root=root)
        with Databases(config, choose(database, root, config), Path(folder)) as databases:
            yield TestRunner(root, interpreter, search_path, arguments, timeout, databases)


def _has_libcst(python: Path, search_path: Sequence[str]) -> bool:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([*search_path, os.environ.get("PYTHONPATH", "")])}
    command = [str(python), "-c", "import libcst.metadata"]
    return subprocess.run(command, env=environment, capture_output=True, check=False).returncode == 0


def _lend(folder: Path) -> None:
    """Only the packages themselves: a whole site-packages would hide the application's own versions."""
    for name in _LENT:
        found = importlib.util.find_spec(name)
        if found is not None and found.origin is not None and found.submodule_search_locations:
            (folder / name).symlink_to(Path(found.origin).resolve().parent)


def _reason(output: Path) -> str:
    lines = [line.strip() for line in output.read_text(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith(("E ", "ERROR", "error")) or "Error" in line]
    return (errors or lines or ["pytest said nothing"])[-1][:300]
