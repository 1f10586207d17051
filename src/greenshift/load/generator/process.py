"""Locust in processes of its own: started, listened to, and ended with whoever started it."""

from __future__ import annotations

import importlib.util
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from greenshift.load.errors import GeneratorError

LOCUSTFILE = Path(__file__).with_name("locustfile") / "greenshift_locustfile.py"

OWNER = "GREENSHIFT_LOAD_OWNER"
_END_SECONDS = 5.0
_MESSAGE = "greenshift: "


class LocustProcesses:
    """The processes of one generator, in a temporary folder; all have ended when the block is left.

    They hold one end of a pipe, and end when the other is closed: by `close`, or because this process has gone.
    """

    def __init__(self) -> None:
        if importlib.util.find_spec("locust") is None:
            raise GeneratorError("Locust is not installed", "pip install 'greenshift[load]'")
        self._temporary = tempfile.TemporaryDirectory(prefix="greenshift-load-")
        self.folder = Path(self._temporary.name)
        self._theirs, self._ours = os.pipe()
        self._processes: list[subprocess.Popen[str]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def start(self, arguments: Sequence[str], name: str) -> subprocess.Popen[str]:
        """Start one Locust.

        Args:
            arguments: of its command line.
            name: of the process; its log is ``NAME.log`` in the folder.
        """
        command = [sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), "--headless", "--only-summary"]
        with (self.folder / f"{name}.log").open("w", encoding="utf-8") as log:
            process = subprocess.Popen(
                [*command, "--loglevel", "WARNING", *arguments],
                # Locust reads locust.conf and pyproject.toml where it is started; ours is an empty folder.
                cwd=self.folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if name == "master" else log,
                stderr=log,
                text=True,
                pass_fds=(self._theirs,),
                # Ctrl+C is for us; they end when we do.
                start_new_session=True,
            )
        self._processes.append(process)
        return process

    def wait(self, master: subprocess.Popen[str], told: Callable[[str], object]) -> dict[str, Any]:
        """Wait for the result.

        Args:
            master: whose result it is.
            told: called with what the master tells meanwhile: ``measuring``, ``measured``.

        Raises:
            GeneratorError: it ended without one.
        """
        for line in master.stdout or ():
            if line.startswith(_MESSAGE):
                told(line.removeprefix(_MESSAGE).strip())
        code = master.wait()
        try:
            result: dict[str, Any] = json.loads((self.folder / "result.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise GeneratorError(f"Locust ended with code {code} and no result: {self._log()}", _FIX) from None
        return result

    def close(self) -> None:
        """End all processes, and remove the folder."""
        os.close(self._ours)
        os.close(self._theirs)
        for process in self._processes:
            try:
                process.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout:
                process.stdout.close()
        self._temporary.cleanup()

    def _environment(self) -> dict[str, str]:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("LOCUST_")}
        # Users find what this process finds: its own import path may not be theirs.
        paths = [path for path in (str(Path(__file__).parents[3]), environment.get("PYTHONPATH")) if path]
        return {**environment, OWNER: f"{self._theirs}:{self.folder}", "PYTHONPATH": os.pathsep.join(paths)}

    def _log(self) -> str:
        for log in sorted(self.folder.glob("*.log"), reverse=True):
            lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
            if lines:
                return lines[-1]
        return "it printed nothing"


_FIX = "run locust by hand, as docs/load-scenarios.md shows, to see more"


def free_port() -> int:
    """Return a port of the loopback address that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
