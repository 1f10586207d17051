"""The process that stands between a test run and its PostgreSQL server, so that neither can orphan the other.

It is run as a program (``python -I -S supervisor.py``) in a session of its own; hence it is one file that imports
nothing but the standard library. It makes the data directory, fills it, starts the postmaster, and then waits for
one of three things: its owner is gone (by whatever means), its owner asks for the end, the postmaster ended. Then
it stops the postmaster and removes the directory.

Its instructions come as one line of JSON on standard input, which stays open as the owner's lifeline; a second
line, ``keep`` and the path of a file, has the server outlive the owner, for as long as that file names it. Its
report goes as a line of JSON to standard output: ``{"event": "ready", ...}`` or ``{"event": "failed", ...}``; a
server that ends by itself gives a last one.
"""

from __future__ import annotations

import fcntl
import json
import os
import select
import signal
import subprocess
import sys
import time
from typing import Any

KEEP = b"keep "
LOCK = "lock"
PREFIX = "greenshift-server-"
STARTING_POLL = 0.003
RUNNING_POLL = 0.25
STATE_POLL = 1.0
QUIT_PATIENCE = 1.5


class StopRequest(Exception):  # noqa: N818 - not an error
    """The owner is gone, or asked for the end."""


class StepError(Exception):
    """A step of the start failed; ``stage`` names it."""

    def __init__(self, stage: str, message: str) -> None:
        super().__init__(message)
        self.stage = stage


class Watch:
    """Tells whether the owner still wants the server."""

    def __init__(self, owner: int) -> None:
        self.owner: int | None = owner
        self.state = ""
        self.state_seen = 0.0
        self.signals, writer = os.pipe()
        os.set_blocking(writer, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        self.descriptors = [self.signals, 0]
        try:
            self.descriptors.append(os.pidfd_open(owner))
        except (AttributeError, OSError):
            pass  # not Linux, or already gone: the look at the parent finds that out

    def wait(self, seconds: float) -> None:
        """Wait at most that long; raise StopRequest when the server is not wanted any more."""
        ready, _, _ = select.select(self.descriptors, [], [], seconds)
        if self.signals in ready and signal.SIGTERM in os.read(self.signals, 64):
            raise StopRequest
        if self.owner is None:
            if time.monotonic() - self.state_seen > STATE_POLL and not self.is_written_down():
                raise StopRequest
            return
        if 0 in ready:
            received = os.read(0, 65536)
            if received.startswith(KEEP):
                self.owner = None
                self.state = received[len(KEEP) :].decode().rstrip("\n")
                self.descriptors = [self.signals]
                return
        # Forked children of the owner may hold the lifeline open, hence the look at the parent as well.
        if len(ready) > (self.signals in ready) or os.getppid() != self.owner:
            raise StopRequest

    def is_written_down(self) -> bool:
        """Whether the kept server can still be found, and so be ended, by its user."""
        self.state_seen = time.monotonic()
        try:
            with open(self.state) as file:
                return bool(json.load(file)["supervisor"] == os.getpid())
        except (OSError, ValueError, KeyError):
            return False


class Account:
    """The system user that runs PostgreSQL's programs; the present one where ``user`` is None."""

    def __init__(self, user: int | None, group: int | None, environment: dict[str, str]) -> None:
        self.user = user
        self.group = group
        self.environment = environment

    def start(self, command: list[str], directory: str, log: str, bound: bool) -> subprocess.Popen[bytes]:
        """Start a program in the directory; ``bound`` has it die with this process."""
        options: dict[str, Any] = {}
        if self.user is not None:
            options = {"user": self.user, "group": self.group, "extra_groups": []}
        if bound:
            options["preexec_fn"] = death_bond()
        with open(log, "ab") as output:
            return subprocess.Popen(
                command,
                cwd=directory,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                **options,
            )

    def own(self, path: str) -> None:
        """Hand a file or folder over to the user."""
        if self.user is not None:
            os.chown(path, self.user, self.group if self.group is not None else -1)


def death_bond() -> Any:
    """Return what a child must call before its program starts to die with this process (Linux only)."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        import ctypes

        prctl = ctypes.CDLL(None).prctl
    except (ImportError, OSError, AttributeError):
        return None
    parent = os.getpid()

    def bind() -> None:
        prctl(1, int(signal.SIGQUIT), 0, 0, 0)  # PR_SET_PDEATHSIG; SIGQUIT is PostgreSQL's immediate shutdown
        if os.getppid() != parent:
            os._exit(1)

    return bind


def make_directory(parent: str, account: Account) -> tuple[str, int]:
    """Make the server's folder and lock it; the lock tells others that it is in use."""
    for _ in range(100):
        directory = os.path.join(parent, PREFIX + os.urandom(4).hex())
        try:
            os.mkdir(directory, 0o700)
            break
        except FileExistsError:
            continue
    else:
        raise StepError("directory", f"no free name in {parent}")
    try:
        unlocked = os.path.join(directory, LOCK + ".new")
        lock = os.open(unlocked, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.rename(unlocked, os.path.join(directory, LOCK))
        account.own(directory)
    except BaseException:
        remove(directory)
        raise
    return directory, lock


def remove(directory: str) -> None:
    """Remove a folder, trying again while dying processes still write to it."""
    import shutil

    for _ in range(60):
        shutil.rmtree(directory, ignore_errors=True)
        if not os.path.lexists(directory):
            return
        time.sleep(0.05)


def tail(log: str) -> str:
    """Return the end of a log, for a report."""
    try:
        with open(log, "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - 8000))
            return file.read().decode(errors="replace")
    except OSError:
        return ""


def run(command: list[str], account: Account, directory: str, deadline: float, watch: Watch) -> bool:
    """Run a program to its end; return whether it succeeded."""
    log = os.path.join(directory, "initdb.log")
    program = account.start(command, directory, log, bound=True)
    try:
        while program.poll() is None:
            if time.monotonic() > deadline:
                raise StepError(os.path.basename(command[0]), "it did not end in time\n" + tail(log))
            watch.wait(STARTING_POLL)
    finally:
        if program.poll() is None:
            program.kill()
            program.wait()
    return program.returncode == 0


def initialise(order: dict[str, Any], account: Account, directory: str, deadline: float, watch: Watch) -> str | None:
    """Fill the data directory: from the image where there is one, else with ``initdb``, or ``pg_basebackup``.

    Returns the path of a new image that is not in its place yet, or None.
    """
    data = os.path.join(directory, "data")
    image = order["image"]
    commands = [[part.replace("{data}", data) for part in command] for command in order["initdb"]]
    has_image = image is not None and os.path.isfile(image)
    if has_image:
        commands.insert(0, [order["tar"], "-x", "-f", image, "-C", data])
    for command in commands:
        os.mkdir(data, 0o700)
        account.own(data)
        # An archive cut short by a crash may be read without complaint.
        if run(command, account, directory, deadline, watch) and os.path.isfile(os.path.join(data, "PG_VERSION")):
            break
        remove(data)
    else:
        raise StepError(os.path.basename(command[0]), tail(os.path.join(directory, "initdb.log")))
    if image is None or (has_image and command[0] == order["tar"]):
        return None
    return pack(order["tar"], data, image)


def pack(tar: str, data: str, image: str) -> str | None:
    """Write an image of a new data directory beside its final place; return its path, None if it failed."""
    fresh = f"{image}.{os.getpid()}"
    outcome = subprocess.run([tar, "-c", "-f", fresh, "-C", data, "."], capture_output=True)
    if outcome.returncode == 0:
        return fresh
    discard(fresh)
    return None


def publish(fresh: str, image: str) -> None:
    """Put a new image in its place, safely on disk; another process may have been faster, with the same."""
    try:
        descriptor = os.open(fresh, os.O_RDWR)
        os.fchmod(descriptor, 0o644)
        os.fsync(descriptor)
        os.close(descriptor)
        os.rename(fresh, image)
    except OSError:
        discard(fresh)


def discard(path: str) -> None:
    """Remove a file if it is there."""
    try:
        os.unlink(path)
    except OSError:
        pass


def configure(order: dict[str, Any], directory: str) -> None:
    """Write the server's settings and who may log in."""
    data = os.path.join(directory, "data")
    with open(os.path.join(data, "postgresql.conf"), "a") as file:
        file.write("\n" + order["configuration"].replace("{directory}", directory))
    with open(os.path.join(data, "pg_hba.conf"), "w") as file:
        file.write(order["authentication"])


def is_ready(directory: str) -> bool:
    """Whether the postmaster accepts connections: line 8 of ``postmaster.pid``, as ``pg_ctl`` reads it."""
    try:
        with open(os.path.join(directory, "data", "postmaster.pid")) as file:
            lines = file.read().splitlines()
    except OSError:
        return False
    return len(lines) >= 8 and lines[7].strip() == "ready"


def start(
    order: dict[str, Any], account: Account, directory: str, deadline: float, watch: Watch
) -> subprocess.Popen[bytes]:
    """Start the postmaster and wait until it accepts connections."""
    log = os.path.join(directory, "server.log")
    command = [order["postgres"], "-D", os.path.join(directory, "data")]
    postmaster = account.start(command, directory, log, bound=True)
    try:
        while not is_ready(directory):
            if postmaster.poll() is not None:
                raise StepError("start", tail(log))
            if time.monotonic() > deadline:
                raise StepError("start", "the server did not accept connections in time\n" + tail(log))
            watch.wait(STARTING_POLL)
    except BaseException:
        stop(postmaster)
        raise
    return postmaster


def children(pid: int) -> list[int]:
    """Return the processes whose parent is ``pid`` (Linux; empty elsewhere)."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return [int(word) for word in file.read().split()]
    except (OSError, ValueError):
        return []


def stop(postmaster: subprocess.Popen[bytes]) -> None:
    """Shut the server down at once: its data is thrown away, so nothing needs to be written."""
    for sign in (signal.SIGQUIT, signal.SIGKILL):
        if postmaster.poll() is not None:
            return
        # A stopped process takes no SIGQUIT.
        victims = [postmaster.pid] + (children(postmaster.pid) if sign == signal.SIGKILL else [])
        for victim in victims:
            try:
                os.kill(victim, sign)
            except ProcessLookupError:
                pass
        limit = time.monotonic() + QUIT_PATIENCE
        while postmaster.poll() is None and time.monotonic() < limit:
            time.sleep(0.005)


def report(message: dict[str, Any]) -> None:
    """Send one report to the owner, who may be gone."""
    try:
        os.write(1, (json.dumps(message) + "\n").encode())
    except OSError:
        pass


def read_order() -> dict[str, Any]:
    """Read the instructions: the first line of standard input."""
    received = b""
    while not received.endswith(b"\n"):
        chunk = os.read(0, 65536)
        if not chunk:
            raise SystemExit(0)
        received += chunk
    order: dict[str, Any] = json.loads(received)
    return order


def main() -> int:
    """Supervise one server from its making to its removal."""
    for sign in (signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(sign, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: None)  # seen by the watch
    os.umask(0o077)
    os.chdir("/")
    order = read_order()
    watch = Watch(order["owner"])
    account = Account(order["user"], order["group"], order["environment"])
    deadline = time.monotonic() + order["timeout"]
    directory: str | None = None
    image: str | None = None
    postmaster: subprocess.Popen[bytes] | None = None
    try:
        directory, _lock = make_directory(order["parent"], account)
        image = initialise(order, account, directory, deadline, watch)
        configure(order, directory)
        postmaster = start(order, account, directory, deadline, watch)
        report(
            {
                "event": "ready",
                "directory": directory,
                "postmaster": postmaster.pid,
                "supervisor": os.getpid(),
            }
        )
        if image is not None:
            publish(image, order["image"])
            image = None
        import shutil  # noqa: F401 - while there is time; the end shall be quick

        while postmaster.poll() is None:
            watch.wait(RUNNING_POLL)
        report({"event": "ended", "message": tail(os.path.join(directory, "server.log"))})
    except StopRequest:
        pass
    except StepError as failure:
        report({"event": "failed", "stage": failure.stage, "message": str(failure), "errno": None})
        return 1
    except OSError as failure:
        report({"event": "failed", "stage": "directory", "message": str(failure), "errno": failure.errno})
        return 1
    finally:
        if postmaster is not None:
            stop(postmaster)
        if image is not None:
            discard(image)
        if directory is not None:
            remove(directory)
    return 0


if __name__ == "__main__":
    sys.exit(main())
