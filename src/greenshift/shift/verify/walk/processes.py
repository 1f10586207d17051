"""The two processes of a walk, and how the parent talks to them."""

from __future__ import annotations

import base64
import json
import queue
import shutil
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from greenshift.application.interpreter import Interpreter
from greenshift.shift.verify.errors import VerifyError
from greenshift.shift.verify.walk.asgi import Answer
from greenshift.shift.verify.walk.requests import Sent

_START: Final = 120.0
_ANSWER: Final = 60.0
_LEFT_OUT: Final = (
    *(".git", ".venv", "venv", "node_modules", "__pycache__", ".tox", ".mypy_cache", ".pytest_cache", ".ruff_cache"),
    *("*.db", "*.sqlite", "*.sqlite3", "*.db-journal", "*.db-wal", "*.db-shm"),
)


def copied(tree: Path, to: Path) -> Path:
    """Copy an application's code, without its databases: what is sent to it must not reach the user's own."""
    shutil.copytree(tree, to, ignore=shutil.ignore_patterns(*_LEFT_OUT), symlinks=True, ignore_dangling_symlinks=True)
    return to


class SideProcess:
    """One side's application in a process of its own; a context manager.

    Args:
        interpreter: its Python.
        tree: a copy of its tree.
        app: ``module:attribute``.
        recording: where its SQL goes.
        database: the PostgreSQL database that it may connect to, or "".
        variables: its environment variables.
        prepare: whether it only starts, and makes its tables.
    """

    def __init__(
        self,
        interpreter: Interpreter,
        tree: Path,
        app: str,
        recording: Path,
        database: str,
        variables: Mapping[str, str],
        *,
        prepare: bool = False,
    ) -> None:
        self._output = recording.with_suffix(".out")
        self._messages: queue.Queue[str | None] = queue.Queue()
        command = [str(interpreter.program), "-m", "greenshift.shift.verify.walk.child", app, str(recording), database]
        with self._output.open("wb") as errors:
            self._process = subprocess.Popen(
                [*command, *(["prepare"] if prepare else [])],
                cwd=tree,
                env=interpreter.environment(tree, variables),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._messages.put(line)
        self._messages.put(None)

    def ready(self) -> dict[str, Any] | None:
        """Wait until it has started; return its OpenAPI schema.

        Raises:
            VerifyError: it does not start.
        """
        message = self._next(_START)
        if message is None or not message["ready"]:
            reason = message["error"] if message is not None else self._last_words()
            raise VerifyError(f"the application does not start: {reason}", "start it as the walk does, and look")
        schema: dict[str, Any] | None = message["schema"]
        return schema

    def ask(self, name: str, sent: Sent) -> Answer:
        """Send a request.

        Args:
            name: under which its SQL is recorded.
            sent: the request.

        Raises:
            VerifyError: the process has ended.
        """
        assert self._process.stdin is not None
        body = base64.b64encode(sent.body).decode()
        fields = {"name": name, "method": sent.method, "path": sent.path, "query": sent.query, "headers": sent.headers}
        try:
            self._process.stdin.write(json.dumps({**fields, "body": body}) + "\n")
            self._process.stdin.flush()
        except OSError:
            pass
        message = self._next(_ANSWER)
        if message is None:
            raise VerifyError(f"the application ended while answering {name}: {self._last_words()}", "look into it")
        return Answer(message["status"], message["headers"], base64.b64decode(message["body"]), message["error"])

    def _next(self, seconds: float) -> dict[str, Any] | None:
        try:
            line = self._messages.get(timeout=seconds)
        except queue.Empty:
            return None
        return None if line is None else json.loads(line)

    def _last_words(self) -> str:
        lines = self._output.read_text(errors="replace").strip().splitlines()
        return lines[-1][:300] if lines else "it said nothing"

    def close(self) -> None:
        """Let it end; end it where it does not."""
        if self._process.stdin is not None:
            try:
                self._process.stdin.close()
            except OSError:
                pass
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
