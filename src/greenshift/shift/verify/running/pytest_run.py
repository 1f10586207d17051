"""One run of an application's tests under the recorder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from greenshift.application.interpreter import Interpreter
from greenshift.application.sources import mentions
from greenshift.shift.verify.errors import VerifyError
from greenshift.shift.verify.transcript.records import EVERYTHING, RunRecord, read_run

_POLL: Final = 0.1
# pytest's exit codes: an internal error, wrong use.
_BROKEN: Final = (3, 4)

Side = Literal["before", "after"]


@dataclass(frozen=True)
class Progress:
    """How far a verification has come.

    Args:
        step: ``before``, ``after`` or ``walk``.
        done: how many tests, or requests, are done.
        total: how many there are, None while that is not known.
        name: what is running.
    """

    step: str
    done: int
    total: int | None
    name: str = ""


Tell = Callable[[Progress], object]


def run_tests(
    side: Side,
    tree: Path,
    interpreter: Interpreter,
    folder: Path,
    *,
    tests: Sequence[str] = (),
    arguments: Sequence[str] = (),
    variables: Mapping[str, str] | None = None,
    timeout: float | None = None,
    tell: Tell = lambda _: None,
) -> RunRecord:
    """Run the tests of a tree once.

    Args:
        side: which one, for messages; sessions get production's options after.
        tree: the application's folder.
        interpreter: its Python.
        folder: where to put the recording.
        tests: files, folders or node ids; none for all.
        arguments: further arguments of pytest's.
        variables: environment variables for the run.
        timeout: seconds after which a run that hangs is ended; None for ever.
        tell: is told of the progress.

    Raises:
        VerifyError: pytest could not run before. Where it cannot run after, that is a difference.
    """
    recording, output = folder / f"{side}.jsonl", folder / f"{side}.out"
    command = [str(interpreter.program), "-m", "pytest", "-p", "greenshift.shift.verify.recorder"]
    # In one word: pytest, before it knows the option, takes a path behind it for a test's, and looks there for its ini.
    command += [f"--greenshift-record={recording}", "-o", f"cache_dir={folder / 'cache'}", "-q", "--maxfail=0"]
    command += ["--continue-on-collection-errors"]
    if side == "after":
        command.append("--greenshift-production-sessions")
    if "xdist" in interpreter.packages:
        command.append("-n0")
    if "pytest_cov" in interpreter.packages:
        command.append("--no-cov")
    if "schemathesis" in interpreter.packages and not mentions(tree, "schemathesis"):
        # Its plugin takes a second to import, for nothing.
        command += ["-p", "no:schemathesis"]
    started = time.monotonic()
    with output.open("wb") as stream:
        process = subprocess.Popen(
            [*command, *arguments, *tests],
            cwd=tree,
            env=interpreter.environment(tree, variables or {}),
            stdout=stream,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            _wait(process, side, recording, None if timeout is None else started + timeout, tell)
        finally:
            _end(process)
    record = read_run(recording, tree)
    record.seconds = time.monotonic() - started
    if process.returncode in _BROKEN or (not record.finished and not record.tests):
        if side == "before":
            raise VerifyError(f"the tests before could not be run: {_reason(output)}", f"try it: cd {tree} && pytest")
        # With the same arguments the tests before did run: this is what the shift has done.
        record.not_collected[EVERYTHING] = _reason(output)
    return record


def _wait(process: subprocess.Popen[bytes], side: Side, recording: Path, deadline: float | None, tell: Tell) -> None:
    watch = _Watch(recording)
    while True:
        try:
            process.wait(_POLL)
        except subprocess.TimeoutExpired:
            pass
        done, total, name = watch.look()
        tell(Progress(side, done, total, name))
        if process.poll() is not None or (deadline is not None and time.monotonic() > deadline):
            return


class _Watch:
    """Reads a recording while it grows, as far as it shows the progress."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at = 0
        self._done = 0
        self._total: int | None = None
        self._name = ""

    def look(self) -> tuple[int, int | None, str]:
        if self._path.exists():
            with self._path.open("rb") as file:
                file.seek(self._at)
                text = file.read()
            whole = text[: text.rfind(b"\n") + 1]
            self._at += len(whole)
            for line in whole.splitlines():
                if line.startswith(b'{"event": "end"'):
                    self._done += 1
                elif line.startswith(b'{"event": "begin"'):
                    self._name = json.loads(line)["test"]
                elif line.startswith(b'{"event": "collected"'):
                    self._total = len(json.loads(line)["tests"])
        return self._done, self._total, self._name


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and what it started, where it has not ended by itself."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _reason(output: Path) -> str:
    lines = [line.strip() for line in output.read_text(errors="replace").splitlines() if line.strip()]
    raised = [line for line in lines if line.startswith("E ") or "Error:" in line or " error: " in line]
    return (raised or lines or ["pytest said nothing"])[-1][:300]
