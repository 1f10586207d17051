"""The process that stands between a test run and its PostgreSQL server, so that neither can orphan the other.

It is run as a program (``python -I -S supervisor.py``) in a session of its own and imports nothing but the
standard library. It makes the data directory, runs ``initdb``, starts the postmaster, and then waits for one of
three things: its owner is gone (by whatever means), its owner asks for the end, the postmaster ended. Then it
stops the postmaster and removes the directory.

Its instructions come as one line of JSON on standard input, which stays open as the owner's lifeline; its reports
go as lines of JSON to standard output: ``{"event": "ready", ...}`` or ``{"event": "failed", ...}``.
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

LOCK = "lock"
RECORD = "supervisor.json"
PREFIX = "greenshift-server-"
STARTING_POLL = 0.003
RUNNING_POLL = 0.25
QUIT_PATIENCE = 1.5
UNLOCKED_GRACE = 60.0


class Stopped(Exception):
    """The owner is gone, or asked for the end."""


class Failed(Exception):
    """A step of the start failed; ``stage`` names it."""

    def __init__(self, stage: str, message: str, errno: int | None = None) -> None:
        super().__init__(message)
        self.stage = stage
        self.errno = errno


class Watch:
    """Tells whether the owner still wants the server."""

    def __init__(self, owner: int | None) -> None:
        self.owner = owner
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        self.descriptors = [reader]
        self.signals = reader
        if owner is not None:
            self.descriptors.append(0)
            try:
                self.descriptors.append(os.pidfd_open(owner))
            except (AttributeError, OSError):
                pass  # not Linux, or already gone: the poll of getppid finds that out

    def wait(self, seconds: float) -> None:
        """Wait at most that long; raise Stopped when the server is not wanted any more."""
        ready, _, _ = select.select(self.descriptors, [], [], seconds)
        if self.signals in ready:
            if signal.SIGTERM in os.read(self.signals, 64):
                raise Stopped
            ready.remove(self.signals)
        # Forked children of the owner may hold the lifeline open for ever, hence the look at the parent as well.
        if ready or (self.owner is not None and os.getppid() != self.owner):
            raise Stopped


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
    """Return what a child must call before its program starts so that it dies with this process (Linux only)."""
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
        raise Failed("directory", f"no free name in {parent}")
    try:
        unlocked = os.path.join(directory, LOCK + ".new")
        lock = os.open(unlocked, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.rename(unlocked, os.path.join(directory, LOCK))
        with open(os.path.join(directory, RECORD), "w") as record:
            json.dump({"supervisor": os.getpid()}, record)
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


def initialise(
    order: dict[str, Any], account: Account, directory: str, deadline: float, watch: Watch
) -> None:
    """Make the database cluster: copy the prepared image where there is one, else run ``initdb``."""
    data = os.path.join(directory, "data")
    log = os.path.join(directory, "initdb.log")
    for number, command in enumerate(order["initialise"]):
        if number:
            remove(data)
        program = account.start(
            [part.replace("{data}", data) for part in command], directory, log, bound=True
        )
        try:
            while program.poll() is None:
                if time.monotonic() > deadline:
                    raise Failed("initdb", "initdb did not end in time\n" + tail(log))
                watch.wait(STARTING_POLL)
        finally:
            if program.poll() is None:
                program.kill()
                program.wait()
        if program.returncode == 0:
            break
    else:
        raise Failed("initdb", tail(log))


def configure(order: dict[str, Any], account: Account, directory: str) -> None:
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
                raise Failed("start", tail(log))
            if time.monotonic() > deadline:
                raise Failed("start", "the server did not accept connections in time\n" + tail(log))
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


def reap(parents: list[str]) -> list[str]:
    """Remove the folders of supervisors that were killed; return those removed.

    A supervisor holds a lock on its folder for its life, so a folder whose lock is free has none.
    """
    removed = []
    for parent in parents:
        try:
            names = [name for name in os.listdir(parent) if name.startswith(PREFIX)]
        except OSError:
            continue
        for name in names:
            directory = os.path.join(parent, name)
            if reap_one(directory):
                removed.append(directory)
    return removed


def reap_one(directory: str) -> bool:
    """Remove one such folder if it has no living supervisor and is ours to remove."""
    try:
        lock = os.open(os.path.join(directory, LOCK), os.O_RDWR | os.O_NOFOLLOW)
    except FileNotFoundError:
        try:
            status = os.lstat(directory)
            if os.geteuid() not in (0, status.st_uid) or time.time() - status.st_mtime < UNLOCKED_GRACE:
                return False
        except OSError:
            return False
        remove(directory)
        return not os.path.lexists(directory)
    except OSError:
        return False  # another user's
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False  # in use
        kill_leftover(directory)
        remove(directory)
        return not os.path.lexists(directory)
    finally:
        os.close(lock)


def kill_leftover(directory: str) -> None:
    """Kill the postmaster of a dead supervisor, where the system did not do so by itself."""
    data = os.path.join(directory, "data")
    try:
        with open(os.path.join(data, "postmaster.pid")) as file:
            pid = int(file.readline())
        if sys.platform.startswith("linux") and os.readlink(f"/proc/{pid}/cwd") != os.path.realpath(data):
            return  # the number belongs to another process by now
        victims = [pid, *children(pid)]
        for victim in victims:
            os.kill(victim, signal.SIGKILL)
    except (OSError, ValueError):
        return


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
    signal.signal(signal.SIGTERM, lambda number, frame: None)
    os.umask(0o077)
    os.chdir("/")
    order = read_order()
    watch = Watch(order["owner"])
    account = Account(order["user"], order["group"], order["environment"])
    deadline = time.monotonic() + order["timeout"]
    directory: str | None = None
    postmaster: subprocess.Popen[bytes] | None = None
    try:
        directory, _lock = make_directory(order["parent"], account)
        initialise(order, account, directory, deadline, watch)
        configure(order, account, directory)
        postmaster = start(order, account, directory, deadline, watch)
        report(
            {
                "event": "ready",
                "directory": directory,
                "postmaster": postmaster.pid,
                "supervisor": os.getpid(),
            }
        )
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 1)
        if order["owner"] is None:
            os.dup2(null, 0)
        reap(order["reap"])
        while postmaster.poll() is None:
            watch.wait(RUNNING_POLL)
    except Stopped:
        pass
    except Failed as failure:
        report({"event": "failed", "stage": failure.stage, "message": str(failure), "errno": failure.errno})
        return 1
    except OSError as failure:
        report({"event": "failed", "stage": "directory", "message": str(failure), "errno": failure.errno})
        return 1
    finally:
        if postmaster is not None:
            stop(postmaster)
        if directory is not None:
            remove(directory)
    return 0


if __name__ == "__main__":
    sys.exit(main())
