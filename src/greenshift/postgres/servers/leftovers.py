"""Remove what servers left behind whose supervisor was killed, which nobody can forbid."""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from greenshift.postgres.servers.supervisor import LOCK, PREFIX, children, remove

UNLOCKED_GRACE = 60.0


def reap_leftovers(parents: Iterable[Path]) -> list[Path]:
    """Remove the folders of servers without a living supervisor, and end such servers.

    A supervisor holds a lock on its folder for its life, so a folder whose lock is free has none. Folders of other
    users are left alone.

    Args:
        parents: the folders in which servers' folders are made.

    Returns:
        the folders that were removed.
    """
    removed = []
    for parent in parents:
        try:
            found = [Path(entry.path) for entry in os.scandir(parent) if entry.name.startswith(PREFIX)]
        except OSError:
            continue
        removed += [directory for directory in found if _reap(directory)]
    return removed


def is_locked(directory: Path) -> bool:
    """Whether a server's folder has a living supervisor."""
    try:
        lock = os.open(directory / LOCK, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        # Shared, so that two processes that look at the same time don't take each other for the supervisor.
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(lock)
    return False


def _reap(directory: Path) -> bool:
    try:
        lock = os.open(directory / LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        # Without a lock file it is either being made at this moment, or was left in that moment.
        if _is_old(directory):
            remove(str(directory))
        return not directory.exists()
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _kill_postmaster(directory)
        remove(str(directory))
    except OSError:
        return False
    finally:
        os.close(lock)
    return not directory.exists()


def _is_old(directory: Path) -> bool:
    try:
        status = directory.lstat()
    except OSError:
        return False
    return os.geteuid() in (0, status.st_uid) and time.time() - status.st_mtime > UNLOCKED_GRACE


def _kill_postmaster(directory: Path) -> None:
    data = directory / "data"
    try:
        pid = int((data / "postmaster.pid").read_text().split()[0])
        if sys.platform.startswith("linux") and Path(os.readlink(f"/proc/{pid}/cwd")) != data.resolve():
            return  # the number belongs to another process by now
        for victim in (pid, *children(pid)):
            os.kill(victim, signal.SIGKILL)
    except (OSError, ValueError, IndexError):
        return
