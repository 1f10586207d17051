"""One run at a time on a tree."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from greenshift.patch.errors import PatchError, reason
from greenshift.patch.workspace import Workspace

GRACE_SECONDS: Final = 0.5
"""How long a run waits for another to let go of the tree."""
# Held by this process, with the number of times: a run that holds the lock applies several changes under it.
_held: Final[dict[Path, int]] = {}


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Keep other runs away from a tree; the system lets go of it when the process ends, however it ends.

    Args:
        root: the tree's folder.

    Raises:
        PatchError: another process is at work there, or the folder cannot be written.
    """
    place = root.resolve()
    if place in _held:
        _held[place] += 1
        try:
            yield
        finally:
            _held[place] -= 1
        return
    descriptor = _opened(root)
    try:
        _take(descriptor, root)
        _held[place] = 1
        try:
            yield
        finally:
            del _held[place]
    finally:
        os.close(descriptor)


def _opened(root: Path) -> int:
    if not root.is_dir():
        raise PatchError(f"{root} is no folder", "name the folder of the application")
    try:
        workspace = Workspace(root)
        workspace.make()
        return os.open(workspace.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise PatchError(f"{root}/.greenshift cannot be written: {reason(error)}", "give the rights") from error


def _take(descriptor: int, root: Path) -> None:
    # The last child of a run that was killed lets go of the lock a moment after it.
    end = time.monotonic() + GRACE_SECONDS
    while not _taken(descriptor, root):
        if time.monotonic() < end:
            time.sleep(0.02)
            continue
        other = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
        who = f"another greenshift (process {other})" if other else "another greenshift"
        raise PatchError(f"{who} is at work in {root}", "wait until it has ended, then run it again")
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)


def _taken(descriptor: int, root: Path) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise PatchError(f"{root} cannot be locked: {reason(error)}", "use a folder on a local disk") from error
    return True
