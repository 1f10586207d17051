"""One server that stays between runs: ``greenshift up``, ``down`` and ``status``."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import stat
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from greenshift.postgres.address import Address
from greenshift.postgres.errors import ServerError
from greenshift.postgres.server import Server
from greenshift.postgres.servers.account import Account
from greenshift.postgres.servers.binaries import Programs
from greenshift.postgres.servers.launch import end_supervisor, launch
from greenshift.postgres.servers.leftovers import is_locked
from greenshift.postgres.servers.settings import ServerSettings

STATE = "server.json"
STATE_FORMAT = 1
STOP_TIMEOUT = 10.0


@dataclass(frozen=True)
class KeptState:
    """What is written down about the kept server.

    Args:
        host: see :class:`Address`; likewise ``port``, ``user`` and ``password``.
        supervisor: the supervisor's process number.
        postmaster: the server's process number.
        directory: the server's own folder.
        bin_directory: the folder with its programs.
        version: ``server_version_num``.
        listen: ``socket`` or ``tcp``.
        in_memory: whether its data lies in RAM.
        settings: PostgreSQL's own settings with which it was started.
        started: when, in ISO 8601.
    """

    host: str
    port: int
    user: str
    password: str | None = field(repr=False)
    supervisor: int
    postmaster: int
    directory: str
    bin_directory: str
    version: int
    listen: str
    in_memory: bool
    settings: Mapping[str, str]
    started: str


class KeptServer(Server):
    """The server kept by ``greenshift up``. It is Greenshift's own, but no single run may end it."""

    def __init__(self, state: KeptState, *, notice: str | None = None, start_seconds: float = 0.0) -> None:
        super().__init__(
            Address(state.host, state.port, state.user, state.password),
            provider="kept",
            version=state.version,
            owned=True,
            in_memory=state.in_memory,
            notice=notice,
            start_seconds=start_seconds,
        )
        self.state = state
        self.directory = Path(state.directory)
        self.programs = Programs(Path(state.bin_directory), state.version, "kept")

    def mismatch(self, settings: ServerSettings) -> str | None:
        """Return in what this server differs from what is wanted, or None where it suits."""
        if settings.replication:
            return "it was started without replication"
        if settings.listen == "tcp" and self.state.listen != "tcp":
            return "it listens on a socket only"
        if settings.data == "memory" and not self.in_memory:
            return "its data lies on disk"
        if settings.data == "disk" and self.in_memory:
            return "its data lies in RAM"
        if settings.directory is not None and not self.directory.is_relative_to(settings.directory.absolute()):
            return f"its data does not lie in {settings.directory}"
        if settings.bin_directory is not None and settings.bin_directory.resolve() != self.programs.bin_directory:
            return f"it runs the programs in {self.programs.bin_directory}"
        for name, value in settings.settings.items():
            if self.state.settings.get(name) != value:
                return f"it was started without {name} = {value}"
        missing = self.programs.missing_extensions(tuple(settings.extensions))
        if missing:
            return f"it lacks the extension {', '.join(missing)}"
        return None


def state_directory() -> Path:
    """Return the folder, private to the user, in which the kept server is written down; made if need be.

    Raises:
        ServerError: it cannot be made, or belongs to somebody else.
    """
    configured = os.environ.get("GREENSHIFT_STATE_DIRECTORY")
    home = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    candidates = [Path(configured).absolute()] if configured else []
    if not configured:
        if os.path.isabs(home):
            candidates.append(Path(home) / "greenshift")
        candidates.append(Path(tempfile.gettempdir()) / f"greenshift-state-{os.geteuid()}")
    for folder in candidates:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            status = folder.lstat()
        except OSError:
            continue
        mine = stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o022
        if mine and os.access(folder, os.W_OK):
            return folder
    raise ServerError(
        f"no folder for the kept server's state can be written (tried {', '.join(map(str, candidates))})",
        "set GREENSHIFT_STATE_DIRECTORY to a private folder of yours",
    )


def kept_server() -> KeptServer | None:
    """Return the server kept by ``greenshift up``, or None; what a dead one left written down is removed."""
    folder = state_directory()
    state = _read(folder)
    if state is None:
        return None
    if is_locked(Path(state.directory)):
        return KeptServer(state)
    with _turn(folder):
        # Somebody may have started a new one meanwhile.
        if _read(folder) == state:
            (folder / STATE).unlink(missing_ok=True)
    return None


def start_kept(
    programs: Programs,
    account: Account,
    settings: ServerSettings,
    *,
    say: Callable[[str], None] | None = None,
) -> tuple[KeptServer, bool]:
    """Start a server that stays until :func:`stop_kept`, or return the one that is there.

    Args:
        programs: the installation to run.
        account: the system user to run it.
        settings: the server's settings.
        say: is told in a few words what is going on.

    Returns:
        the server, and whether it was started just now.

    Raises:
        ServerError: it did not start, or one is there that does not suit the settings.
    """
    folder = state_directory()
    with _turn(folder):
        present = _read(folder)
        if present is not None and is_locked(Path(present.directory)):
            server = KeptServer(present)
            mismatch = server.mismatch(settings)
            if mismatch is not None:
                raise ServerError(f"a server is kept already, and {mismatch}", "end it first: greenshift down")
            return server, False
        if say is not None:
            say(f"starting PostgreSQL {programs.version // 10000} ({programs.provider})")
        began = time.perf_counter()
        launched = launch(programs, account, settings)
        state = KeptState(
            host=launched.address.host,
            port=launched.address.port,
            user=launched.address.user,
            password=launched.address.password,
            supervisor=launched.supervised.supervisor,
            postmaster=launched.supervised.postmaster,
            directory=str(launched.supervised.directory),
            bin_directory=str(programs.bin_directory.resolve()),
            version=programs.version,
            listen=settings.listen,
            in_memory=launched.location.in_memory,
            settings=dict(settings.settings),
            started=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        try:
            _write(folder, state)
            launched.keep(folder / STATE)
        except BaseException:
            end_supervisor(launched.process)
            (folder / STATE).unlink(missing_ok=True)
            raise
        seconds = time.perf_counter() - began
        return KeptServer(state, notice=launched.location.notice, start_seconds=seconds), True


def stop_kept() -> bool:
    """End the kept server and remove its data.

    Returns:
        whether there was one.

    Raises:
        ServerError: it does not end.
    """
    folder = state_directory()
    with _turn(folder):
        state = _read(folder)
        if state is None:
            return False
        directory = Path(state.directory)
        alive = is_locked(directory)
        if alive:
            os.kill(state.supervisor, signal.SIGTERM)
            limit = time.monotonic() + STOP_TIMEOUT
            while directory.exists():
                if time.monotonic() > limit:
                    raise ServerError(
                        f"the kept server (process {state.supervisor}) does not end",
                        f"end it by hand: kill {state.postmaster} {state.supervisor}",
                    )
                time.sleep(0.01)
        (folder / STATE).unlink(missing_ok=True)
        return alive


@contextmanager
def _turn(folder: Path) -> Iterator[None]:
    """Keep other processes from starting or ending the kept server meanwhile."""
    descriptor = os.open(folder / "turn", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _read(folder: Path) -> KeptState | None:
    try:
        content: dict[str, Any] = json.loads((folder / STATE).read_text())
        if content.pop("format") != STATE_FORMAT:
            return None
        return KeptState(**content)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def _write(folder: Path, state: KeptState) -> None:
    descriptor, temporary = tempfile.mkstemp(prefix=".server-", dir=folder)  # readable by the user alone
    try:
        with os.fdopen(descriptor, "w") as file:
            json.dump({"format": STATE_FORMAT, **asdict(state)}, file, indent=1)
        os.replace(temporary, folder / STATE)
    except BaseException:
        os.unlink(temporary)
        raise
