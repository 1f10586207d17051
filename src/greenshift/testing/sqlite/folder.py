"""The folder that holds one process's SQLite files, and that no crash leaves behind for good."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from pathlib import Path

from greenshift.postgres.errors import DatabaseError

_MEMORY = Path("/dev/shm")  # noqa: S108  (the folder made there is private)
_MEMORY_ROOM = 64 * 1024 * 1024
_PREFIX = "greenshift-sqlite-"
_UNFINISHED_PREFIX = "greenshift-new-sqlite-"
_UNFINISHED_SECONDS = 60.0


class SQLiteFolder:
    """A private folder, locked as long as its process lives.

    Args:
        path: the folder.
        lock: the open file descriptor that holds its lock.
    """

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self._lock = lock

    @classmethod
    def create(cls, parent: Path | None = None) -> SQLiteFolder:
        """Make a folder, and remove those that ended processes have left beside it.

        Args:
            parent: where to make it; in RAM where there is room, else in the folder for temporary files.

        Raises:
            DatabaseError: the parent cannot be written to.
        """
        where = _default_parent() if parent is None else parent
        remove_leftovers(where)
        try:
            unfinished = Path(tempfile.mkdtemp(prefix=_UNFINISHED_PREFIX, dir=where))
            lock = os.open(unfinished / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            fcntl.flock(lock, fcntl.LOCK_EX)
            # Named only now that it is locked, so that nobody takes it for a leftover.
            path = unfinished.with_name(unfinished.name.replace(_UNFINISHED_PREFIX, _PREFIX, 1))
            unfinished.rename(path)
        except OSError as error:
            raise DatabaseError(
                f"no SQLite file can be made in {where}: {error.strerror}",
                "set TMPDIR to a folder that can be written to",
            ) from error
        return cls(path, lock)

    def file(self, label: str = "database") -> Path:
        """Return the path of a file in the folder, whether it exists or not."""
        return self.path / f"{label}.sqlite"

    def remove(self) -> None:
        """Remove the folder with everything in it. Safe to call twice."""
        if self._lock >= 0:
            shutil.rmtree(self.path, ignore_errors=True)
            os.close(self._lock)
            self._lock = -1


def remove_leftovers(parent: Path) -> list[Path]:
    """Remove folders whose process has ended, and return them."""
    removed = []
    for prefix in (_PREFIX, _UNFINISHED_PREFIX):
        for path in parent.glob(prefix + "*"):
            # Another user's folder, or one that somebody else is removing, is none of ours.
            with contextlib.suppress(OSError):
                if _is_left_over(path):
                    shutil.rmtree(path, ignore_errors=True)
                    removed.append(path)
    return removed


def _is_left_over(path: Path) -> bool:
    status = path.lstat()
    if path.is_symlink() or status.st_uid != os.getuid():
        return False
    if path.name.startswith(_UNFINISHED_PREFIX):
        return time.time() - status.st_mtime > _UNFINISHED_SECONDS
    try:
        lock = os.open(path / "lock", os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    return True


def _default_parent() -> Path:
    is_usable = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK | os.X_OK)
    if is_usable and shutil.disk_usage(_MEMORY).free > _MEMORY_ROOM:
        return _MEMORY
    return Path(tempfile.gettempdir())
