"""A service as a child process: real uvicorn, a port of its own, its log and its SQL in files."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PLATFORM = Path(__file__).parents[2]
START_SECONDS = 60.0
STOP_SECONDS = 15.0
RUNNING = re.compile(r"Uvicorn running on http://([\d.]+:\d+)")


class DidNotStartError(Exception):
    """The service ended before it listened; the text is its log."""


@dataclass(frozen=True)
class Service:
    """A service that listens.

    Args:
        address: host and port.
        log: what uvicorn and the service write.
        record: the SQL that it sent, a line of JSON each.
        folder: where its code lies.
    """

    address: str
    log: Path
    record: Path
    folder: Path

    @property
    def url(self) -> str:
        """The base of its HTTP addresses."""
        return f"http://{self.address}"

    def sent(self, beginning: str, file: str = "") -> int:
        """Return how many statements that begin so succeeded, from this file of its code if one is given."""
        wanted = str((self.folder / file).resolve())
        lines = [json.loads(line) for line in self.record.read_text(encoding="utf-8").splitlines()]
        return sum(
            line["sql"].startswith(beginning) and not line["failed"] and (line["file"] or "").startswith(wanted)
            for line in lines
        )


class Starting:
    """A service that was started and may not listen yet.

    Args:
        app: `module:attribute`, as for uvicorn.
        database_url: what it gets as `DATABASE_URL`.
        scratch: the folder for its log and its SQL.
        folder: where its code lies.
    """

    def __init__(self, app: str, database_url: str, scratch: Path, folder: Path) -> None:
        name = app.partition(".")[0]
        scratch.mkdir(exist_ok=True)
        self.log, self.record, self.folder = scratch / f"{name}.log", scratch / f"{name}.sql.json", folder
        self.record.touch()
        environment = os.environ | {
            "DATABASE_URL": database_url,
            "PYTHONDONTWRITEBYTECODE": "1",
            "RECORDED_APP": app,
            "RECORDED_SQL": str(self.record),
        }
        command = [*(sys.executable, "-m", "uvicorn", "tests.end_to_end.recorded:app"), "--port", "0"]
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                command, cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=output, stderr=output
            )

    def listening(self) -> Service:
        """Wait until it listens.

        Raises:
            DidNotStartError: it ended by itself instead.
        """
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            ended = self.process.poll() is not None
            written = self.log.read_text(encoding="utf-8")
            if found := RUNNING.search(written):
                return Service(found[1], self.log, self.record, self.folder)
            if ended:
                raise DidNotStartError(written)
            time.sleep(0.01)
        raise TimeoutError(f"it does not listen after {START_SECONDS:.0f} s:\n{self.log.read_text(encoding='utf-8')}")

    def stop(self) -> None:
        """End it as an operator would, and wait until it has ended."""
        self.process.terminate()
        try:
            self.process.communicate(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            raise


@contextmanager
def serving(app: str, database_url: str, scratch: Path, folder: Path = PLATFORM) -> Iterator[Starting]:
    """Run a service until the block ends; `listening()` waits for it."""
    starting = Starting(app, database_url, scratch, folder)
    try:
        yield starting
    finally:
        starting.stop()


@contextmanager
def platform(database_url: str, scratch: Path) -> Iterator[tuple[Service, Service]]:
    """Run the auth service and the backend until the block ends."""
    with (
        serving("auth_service.main:app", database_url, scratch) as auth,
        serving("backend.main:app", database_url, scratch) as backend,
    ):
        yield auth.listening(), backend.listening()


def variant_of_the_backend(scratch: Path, database_module: str) -> Path:
    """Copy the platform and give its backend another `database.py`; return the copy's folder."""
    folder = scratch / "platform"
    shutil.copytree(PLATFORM, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "backend" / "database.py").write_text(database_module, encoding="utf-8")
    return folder
