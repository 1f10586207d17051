"""Where a server's data directory lies: in RAM where there is room, else on disk."""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from greenshift.postgres.errors import ServerError
from greenshift.postgres.servers.account import Account
from greenshift.postgres.servers.settings import ServerSettings

MEMORY_ROOM = 256 * 1024 * 1024
MEMORY_FILES = 5000
FIX_FOLDER = "choose another folder: TMPDIR, or directory in the server's settings"
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


def choose_location(settings: ServerSettings, account: Account) -> Location:
    """Return where to make a server's folder.

    Args:
        settings: ``data``, ``directory`` and ``memory_directory`` say what is wanted.
        account: the system user that runs the server.

    Raises:
        ServerError: the wanted place cannot be used.
    """
    memory = settings.memory_directory
    if settings.directory is not None:
        folder = settings.directory.absolute()
        trouble = folder_trouble(folder, account)
        if trouble is not None:
            raise ServerError(f"the server's data cannot lie in {folder}: {trouble}", FIX_FOLDER)
        return Location(folder, in_memory=folder.is_relative_to(memory))
    if settings.data == "disk":
        return Location(disk_folder(account), in_memory=False)
    trouble = memory_trouble(memory, account)
    if trouble is None:
        return Location(memory, in_memory=True)
    if settings.data == "memory":
        raise ServerError(
            f"the server's data cannot lie in RAM: {memory} {trouble}",
            'give it more room (in Docker: --shm-size=1g), or choose data = "disk"',
        )
    return disk_instead(f"{memory} {trouble}", account)


def disk_instead(trouble: str, account: Account) -> Location:
    """Return the place on disk, with a notice saying why it is not RAM."""
    folder = disk_folder(account)
    notice = f"the server's data lies on disk ({folder}), not in RAM: {trouble}"
    # A machine without /dev/shm (macOS) gives nobody reason to expect it.
    return Location(folder, in_memory=False, notice=notice if sys.platform.startswith("linux") else None)


def disk_folder(account: Account) -> Path:
    """Return the folder for temporary files, or ``/tmp`` where a server cannot live in it.

    Raises:
        ServerError: neither can be used.
    """
    configured = Path(tempfile.gettempdir()).absolute()
    troubles = []
    for folder in dict.fromkeys((configured, Path("/tmp"))):  # noqa: S108 - the server's folder in it is private
        trouble = folder_trouble(folder, account)
        if trouble is None:
            return folder
        troubles.append(f"{folder} {trouble}")
    raise ServerError(f"there is no place for the server's data: {', '.join(troubles)}", FIX_FOLDER)


def memory_trouble(folder: Path, account: Account) -> str | None:
    """Return why a server's data cannot lie in that folder in RAM, or None where it can."""
    trouble = folder_trouble(folder, account)
    if trouble is not None:
        return trouble
    status = os.statvfs(folder)
    free = status.f_bavail * status.f_frsize
    if free < MEMORY_ROOM:
        return f"has {free // 2**20} MB free, and {MEMORY_ROOM // 2**20} MB are wanted"
    if status.f_files > 0 and status.f_favail < MEMORY_FILES:
        return f"has room for {status.f_favail} files only"
    return None


def folder_trouble(folder: Path, account: Account) -> str | None:
    """Return why a server's folder cannot be made there, or None where it can."""
    if len(str(folder)) > LONGEST_PARENT:
        return f"has too long a path for a server's socket (more than {LONGEST_PARENT} characters)"
    if not folder.is_dir():
        return "does not exist" if not folder.exists() else "is no folder"
    if not os.access(folder, os.W_OK | os.X_OK):
        return "cannot be written"
    if not account.can_reach(folder):
        return f"cannot be entered by the user {account.name}, who runs the server"
    return None
