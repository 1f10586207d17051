"""A served version as its owner sees it: an address to drive, samples from inside, an end."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from greenshift.application.interpreter import Interpreter
from greenshift.load.errors import ServingError

_START: Final = 60.0
_STOP: Final = 10.0
_LINES: Final = 15


class ServedApplication:
    """An application under uvicorn, in processes of its own; a context manager that ends them.

    They end with this process, however that ends.

    Args:
        interpreter: the Python to serve it with.
        folder: the application's folder, which is its working directory.
        app: ``module:attribute``.
        variables: its environment variables.
        database: the one PostgreSQL database that it may connect to.
        workers: uvicorn's workers.

    Raises:
        ServingError: it does not start.
    """

    def __init__(
        self,
        interpreter: Interpreter,
        folder: Path,
        app: str,
        variables: Mapping[str, str],
        *,
        database: str,
        workers: int = 1,
    ) -> None:
        self._workers = workers
        self._place = Path(tempfile.mkdtemp(prefix="greenshift-served-"))
        self._log = self._place / "log"
        self.port = _free_port()
        settings = {
            "app": app,
            "workers": workers,
            "database": database,
            "samples": str(self._place),
            "port": self.port,
        }
        command = [str(interpreter.program), "-m", "greenshift.load.serving.served", json.dumps(settings)]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command,
                cwd=folder,
                # What it printed last would be lost otherwise.
                env=interpreter.environment(folder, {"PYTHONUNBUFFERED": "1", **variables}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            self._wait()
        except BaseException:
            # uvicorn's supervisor would start its workers again and again, and wait for them.
            self._kill()
            raise

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def samples(self, begin: float, end: float) -> list[list[dict[str, Any]]]:
        """Return what was sampled in a span of time, worker by worker.

        Args:
            begin: by ``time.monotonic``.
            end: likewise.
        """
        found = []
        for lines in self._lines():
            inside = [line for line in lines if begin <= line.get("at", -1.0) <= end]
            if inside:
                found.append(inside)
        return found

    def refuse_end(self) -> None:
        """Raise where it has ended, or has tried to reach another database.

        Raises:
            ServingError: it has.
        """
        failure = self._failure()
        if failure is not None:
            raise ServingError(
                f"the application cannot be put under load: {failure}",
                "let its URL come from a variable, and name that under env in [tool.greenshift], or give --env",
                self.log(),
            )
        if self._process.poll() is not None:
            raise ServingError(
                f"the application ended under load: {self._reason()}", "look at its last lines, above", self.log()
            )

    def log(self) -> tuple[str, ...]:
        """Return the last lines that it wrote."""
        with suppress(OSError):
            return tuple(self._log.read_text(errors="replace").strip().splitlines()[-_LINES:])
        return ()

    def close(self) -> None:
        """End it. Safe to call twice."""
        process = self._process
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(_STOP)
            except subprocess.TimeoutExpired:
                pass
        self._kill()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _kill(self) -> None:
        """End whatever is left of it: its session is its own."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        shutil.rmtree(self._place, ignore_errors=True)

    def _wait(self) -> None:
        deadline = time.monotonic() + _START
        while time.monotonic() < deadline:
            if self._begun() >= self._workers and _accepts(self.port):
                return
            if self._process.poll() is not None or self._failure() is not None:
                time.sleep(0.1)  # its last words
                raise ServingError(
                    f"the application does not start: {self._reason()}",
                    "start it with uvicorn and the same variables, and look",
                    self.log(),
                )
            time.sleep(0.05)
        raise ServingError(
            f"the application did not start within {_START:.0f} s", "look at what it waits for at its start", self.log()
        )

    def _begun(self) -> int:
        return sum(any("at" in line for line in lines) for lines in self._lines())

    def _failure(self) -> str | None:
        found = (str(line["failed"]) for lines in self._lines() for line in lines if "failed" in line)
        return next(found, None)

    def _reason(self) -> str:
        lines = self.log()
        return self._failure() or (lines[-1][:300] if lines else "it said nothing")

    def _lines(self) -> Iterator[list[dict[str, Any]]]:
        for file in sorted(self._place.glob("*.jsonl")):
            lines = []
            for line in file.read_text(errors="replace").splitlines():
                with suppress(json.JSONDecodeError):  # the last one may be under way
                    lines.append(json.loads(line))
            yield lines


def _accepts(port: int) -> bool:
    with socket.socket() as client:
        client.settimeout(1.0)
        return client.connect_ex(("127.0.0.1", port)) == 0


def _free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])
