"""A PostgreSQL of the tests' own that can be restarted, with PostgreSQL's default settings: what is committed is kept.

Greenshift's servers end with their postmaster and do without durability, so this one is made from the same programs.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, LiteralString

import psycopg
from greenshift.postgres import Address, ServerSettings
from greenshift.postgres.servers.account import server_account
from greenshift.postgres.servers.providers import choose_programs
from greenshift.postgres.servers.supervisor import death_bond

START_SECONDS = 60.0
STOP_SECONDS = 15.0
# As of `pg_ctl stop -m`: fast ends all sessions and writes everything; after immediate the next start has to recover.
SIGNALS = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}


class RestartableServer:
    """A server on a Unix socket in a folder of its own; the socket stays the same across restarts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = Address(str(folder), 5432, "postgres")
        self.programs = choose_programs(ServerSettings(provider="embedded"), server_account())
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """What the services get as `DATABASE_URL`."""
        return self.address.url("postgres", "asyncpg")

    def ask(self, query: LiteralString) -> list[tuple[object, ...]]:
        """Return what a session beside the services' sees."""
        with psycopg.connect(self.address.url("postgres"), autocommit=True) as outsider:
            return outsider.execute(query).fetchall()

    def initialise(self) -> None:
        """Fill the data directory."""
        initdb = self._run("initdb", "-D", "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        assert initdb.wait() == 0, self.log()

    async def start(self) -> None:
        """Start the postmaster and wait until it accepts connections."""
        options = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={self.folder}"]
        self._process = self._run("postgres", "-D", "data", *options)
        await self._until(self._is_ready, START_SECONDS)

    async def stop(self, how: Literal["fast", "immediate"] = "fast") -> None:
        """End the postmaster and wait until it is gone."""
        process = self._process
        assert process is not None
        process.send_signal(SIGNALS[how])
        await self._until(lambda: process.poll() is not None, STOP_SECONDS)

    def kill(self) -> None:
        """End whatever still runs."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(STOP_SECONDS)

    def log(self) -> str:
        """Return what the server has written."""
        return (self.folder / "log").read_text(encoding="utf-8")

    def _run(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        account = server_account()
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                [str(self.programs.path(program)), *arguments],
                cwd=self.folder,
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=death_bond(),  # a killed test run leaves no server behind
                user=account.user if account.differs else None,
                group=account.group if account.differs else None,
                extra_groups=[] if account.differs else None,
            )

    def _is_ready(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log()
        try:
            lines = (self.folder / "data" / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[0] == str(self._process.pid) and lines[7].strip() == "ready"

    async def _until(self, condition: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, self.log()
            await asyncio.sleep(0.005)


@contextmanager
def restartable_server() -> Iterator[RestartableServer]:
    """Make a server's folder, and remove it with all that is in it."""
    memory = Path("/dev/shm")
    place = memory if memory.is_dir() else Path(tempfile.gettempdir())
    remove_leftovers(place)
    folder = Path(tempfile.mkdtemp(prefix=f"platform-{os.getpid()}-", dir=place))
    account = server_account()
    if account.differs:
        os.chown(folder, account.user, account.group)
    server = RestartableServer(folder)
    try:
        server.initialise()
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder)


def remove_leftovers(place: Path) -> None:
    """Remove the folders of test runs that were killed; their servers have ended with them."""
    for folder in place.glob("platform-[0-9]*-*"):
        try:
            os.kill(int(folder.name.split("-")[1]), 0)
        except ProcessLookupError:
            shutil.rmtree(folder, ignore_errors=True)
        except (PermissionError, ValueError):
            continue
