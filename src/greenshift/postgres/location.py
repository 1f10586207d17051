"""Where a server's data directory lies: in RAM where there is room, else on disk."""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from greenshift.postgres.errors import ServerError

MEMORY_DIRECTORY = Path("/dev/shm")  # noqa: S108 - a RAM disk on every Linux; the server's folder in it is private
MEMORY_ROOM = 256 * 1024 * 1024
# The path of a socket may have 107 characters (103 on macOS), of which the server's own folder takes 50.
LONGEST_PARENT = 55


@dataclass(frozen=True)
class Location:
    """A folder in which to make a server's own folder.

    Args:
        parent: the folder.
        in_memory: whether it lies in RAM.
        notice: why it is not what the user would expect, or None.
    """

    parent: Path
    in_memory: bool
    notice: str | None = None


def choose_location(data: str, directory: Path | None, memory_directory: Path = MEMORY_DIRECTORY) -> Location:
    """Return where to make a server's folder.

    Args:
        data: ``auto``, ``memory`` or ``disk``.
        directory: the user's own choice of a folder, or None.
        memory_directory: the folder that lies in RAM.

    Raises:
        ServerError: ``data`` is ``memory`` and there is no room in RAM; or no folder is usable.
    """
    if directory is not None:
        return Location(_usable(directory.absolute()), in_memory=_within(directory, memory_directory))
    if data == "disk":
        return Location(_disk(), in_memory=False)
    trouble = memory_trouble(memory_directory)
    if data == "memory":
        if trouble is not None:
            raise ServerError(
                f"the server's data cannot lie in RAM: {trouble}",
                'give it more room (in Docker: --shm-size=1g), or choose data = "disk"',
            )
        return Location(memory_directory, in_memory=True)
    if trouble is not None:
        return disk_instead(trouble)
    return Location(memory_directory, in_memory=True)


def disk_instead(trouble: str) -> Location:
    """Return the place on disk, with a notice saying why it is not RAM."""
    folder = _disk()
    # A machine without /dev/shm (macOS) gives nobody reason to expect it.
    notice = f"the server's data lies on disk ({folder}), not in RAM: {trouble}"
    return Location(folder, in_memory=False, notice=notice if sys.platform.startswith("linux") else None)


def memory_trouble(folder: Path) -> str | None:
    """Return why a server's data cannot lie in that folder in RAM, or None where it can."""
    if not folder.is_dir():
        return f"there is no {folder}"
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"{folder} cannot be written"
    status = os.statvfs(folder)
    free = status.f_bavail * status.f_frsize
    if free < MEMORY_ROOM:
        return f"{folder} has {free // 2**20} MB free, and {MEMORY_ROOM // 2**20} MB are wanted"
    if status.f_files > 0 and status.f_favail < 5000:
        return f"{folder} has room for {status.f_favail} files only"
    return None


def _disk() -> Path:
    folder = Path(tempfile.gettempdir()).absolute()
    short = Path("/tmp")  # noqa: S108 - the server's folder in it is private
    if len(str(folder)) > LONGEST_PARENT and os.access(short, os.W_OK):
        folder = short
    return _usable(folder)


def _usable(folder: Path) -> Path:
    fix = "choose another folder: TMPDIR, or directory in the server's settings"
    if len(str(folder)) > LONGEST_PARENT:
        raise ServerError(f"the path {folder} is too long for a server's socket ({LONGEST_PARENT} characters)", fix)
    if not folder.is_dir():
        raise ServerError(f"there is no folder {folder} for the server's data", fix)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ServerError(f"the folder {folder} for the server's data cannot be written", fix)
    return folder


def _within(directory: Path, memory_directory: Path) -> bool:
    return directory.absolute().is_relative_to(memory_directory)
