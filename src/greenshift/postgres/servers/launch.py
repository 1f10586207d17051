"""Launch a server under a supervisor of its own: in RAM first, and on disk if RAM turns out to be full."""

from __future__ import annotations

import hashlib
import json
import os
import select
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe
from typing import IO

from greenshift.postgres.address import Address
from greenshift.postgres.errors import ServerProgramsError
from greenshift.postgres.server import Server
from greenshift.postgres.servers import supervisor, tuning
from greenshift.postgres.servers.account import Account
from greenshift.postgres.servers.binaries import Programs, cache_directory
from greenshift.postgres.servers.leftovers import reap_leftovers
from greenshift.postgres.servers.location import Location, choose_location, disk_instead
from greenshift.postgres.servers.settings import ServerSettings
from greenshift.postgres.servers.start_error import StartError, explained

START_TIMEOUT = 60.0
STOP_TIMEOUT = 10.0
SOCKET_PORT = 5432


@dataclass(frozen=True)
class Supervised:
    """What a supervisor reports once its server accepts connections.

    Args:
        supervisor: the supervisor's process number.
        postmaster: the server's process number.
        directory: the server's own folder: data, socket and log.
    """

    supervisor: int
    postmaster: int
    directory: Path


@dataclass(frozen=True)
class Launched:
    """A server that was just started.

    Args:
        address: where it listens.
        location: where its folder was made.
        supervised: its processes and its folder.
        process: its supervisor.
    """

    address: Address
    location: Location
    supervised: Supervised
    process: subprocess.Popen[bytes]

    def keep(self, state: Path) -> None:
        """Have the server outlive this process, for as long as a file of JSON names its supervisor."""
        stdin = self.process.stdin
        if stdin is not None:
            stdin.write(supervisor.KEEP + str(state).encode() + b"\n")
            stdin.flush()
            stdin.close()
        # It is nobody's child from now on, so nobody is to be warned that it still runs.
        self.process.returncode = 0


def launch(
    programs: Programs, account: Account, settings: ServerSettings, *, primary: Address | None = None
) -> Launched:
    """Start a supervisor with its server; in RAM first, and on disk if RAM turns out to be full.

    Args:
        programs: the installation to run.
        account: the system user to run it.
        settings: the server's settings.
        primary: the socket of the running server to be a replica of; None for a new, empty server.

    Raises:
        ServerError: it did not start; the reason is PostgreSQL's own.
    """
    location = choose_location(settings, account)
    attempts = 0
    while True:
        attempts += 1
        port = free_port() if settings.listen == "tcp" else SOCKET_PORT
        try:
            process, supervised = run_supervisor(
                order(programs, account, settings, location, port, primary),
                {location.parent, settings.memory_directory},
            )
        except StartError as failure:
            if failure.is_disk_full and location.in_memory and settings.data == "auto" and not settings.directory:
                location = disk_instead(f"{location.parent} became full while the server started", account)
            elif not (failure.is_port_taken and settings.listen == "tcp" and attempts < 5):
                raise explained(failure, programs, location) from None
            continue
        address = Address(str(supervised.directory), port, "postgres")
        if settings.listen == "tcp":
            try:
                address = with_password(address) if primary is None else on_loopback(address, primary.password)
            except BaseException:
                end_supervisor(process)
                raise
        return Launched(address, location, supervised, process)


def with_password(address: Address) -> Address:
    """Give the superuser a password, over the socket, and return the TCP address that needs it."""
    password = token_urlsafe(24)
    with Server(address, provider="", version=0, owned=True).connect() as connection:
        connection.execute(f"ALTER ROLE postgres PASSWORD '{password}'")
    return on_loopback(address, password)


def on_loopback(address: Address, password: str | None) -> Address:
    """Return the TCP address of a server whose socket is known."""
    return Address("127.0.0.1", address.port, address.user, password)


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def order(
    programs: Programs,
    account: Account,
    settings: ServerSettings,
    location: Location,
    port: int,
    primary: Address | None = None,
) -> dict[str, object]:
    """Return the instructions for a supervisor."""
    if primary is None:
        initdb = tuning.initialisation(str(programs.path("initdb")), programs.version)
        tar = shutil.which("tar")
    else:
        initdb = tuning.base_backup(str(programs.path("pg_basebackup")), primary.host, primary.port, primary.user)
        tar = None
    configuration = tuning.configuration(
        programs.version, settings.listen, port, settings.settings, replication=settings.replication
    )
    return {
        "owner": os.getpid(),
        "parent": str(location.parent),
        "user": account.user if account.differs else None,
        "group": account.group if account.differs else None,
        "environment": environment(),
        "initdb": initdb,
        "image": None if tar is None else image_path(programs, account, initdb),
        "tar": tar,
        "postgres": str(programs.path("postgres")),
        "configuration": configuration,
        "authentication": tuning.authentication(settings.listen, replication=settings.replication),
        "timeout": START_TIMEOUT,
    }


def image_path(programs: Programs, account: Account, initdb: list[list[str]]) -> str | None:
    """Return where the image of a new data directory belongs: unpacking it takes a tenth of ``initdb``'s time."""
    # Not the path, so that all virtual environments with the same programs share one image.
    arguments = [command[1:] for command in initdb]
    size = programs.path("postgres").stat().st_size
    identity = json.dumps([arguments, programs.version, size, os.uname().machine])
    name = hashlib.sha256(identity.encode()).hexdigest()[:16]
    try:
        return str(cache_directory(account) / f"data-{programs.version}-{name}.tar")
    except ServerProgramsError:
        return None


def environment() -> dict[str, str]:
    """Return the environment for PostgreSQL's programs: none of PG*, no locale or time zone of the user."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LD_LIBRARY_PATH", "TMPDIR")}
    return {"PATH": os.defpath, **kept, "LC_ALL": "C", "TZ": "UTC"}


def run_supervisor(
    instructions: dict[str, object], leftover_parents: set[Path]
) -> tuple[subprocess.Popen[bytes], Supervised]:
    """Start a supervisor and wait for its report.

    Raises:
        StartError: its server did not start; everything of it is gone again.
    """
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", supervisor.__file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",
    )
    try:
        assert process.stdin is not None
        process.stdin.write(json.dumps(instructions).encode() + b"\n")
        process.stdin.flush()
        reap_leftovers(leftover_parents)  # while the supervisor is at work
        message = read_report(process, START_TIMEOUT + STOP_TIMEOUT) or {}
    except BaseException:
        end_supervisor(process)
        raise
    if message.get("event") != "ready":
        end_supervisor(process)
        number = message.get("errno")
        raise StartError(
            str(message.get("stage", "supervisor")),
            str(message.get("message", "the supervisor process ended")),
            number if isinstance(number, int) else None,
        )
    return process, Supervised(
        int(str(message["supervisor"])), int(str(message["postmaster"])), Path(str(message["directory"]))
    )


def read_report(process: subprocess.Popen[bytes], seconds: float) -> dict[str, object] | None:
    """Read a supervisor's next report: None where it has none in time, empty where it ended without.

    Args:
        process: the supervisor.
        seconds: how long to wait.
    """
    assert process.stdout is not None
    limit = time.monotonic() + seconds
    received = b""
    while not received.endswith(b"\n"):
        ready, _, _ = select.select([process.stdout], [], [], max(0.0, limit - time.monotonic()))
        if not ready:
            return None
        chunk = os.read(process.stdout.fileno(), 65536)
        if not chunk:
            return {}
        received += chunk
    message: dict[str, object] = json.loads(received)
    return message


def end_supervisor(process: subprocess.Popen[bytes]) -> None:
    """Have a supervisor of ours end its server, and wait until it has."""
    # A forked child of ours may hold the other end of the lifeline, so its closing alone might not be seen.
    process.terminate()
    _close(process.stdin)
    limit = time.monotonic() + STOP_TIMEOUT
    # The end of its output is the end of the process, seen sooner than subprocess's own wait would.
    while time.monotonic() < limit and read_report(process, max(0.0, limit - time.monotonic())):
        pass
    try:
        process.wait(max(0.1, limit - time.monotonic()))
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    _close(process.stdout)


def _close(stream: IO[bytes] | None) -> None:
    try:
        if stream is not None:
            stream.close()
    except BrokenPipeError:
        pass
