"""Where in a tree a change goes to: the file behind a path, and whether it can be written."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from greenshift.patch.errors import PatchError, reason

_NOT_OURS: Final = frozenset({".git", ".greenshift"})


@dataclass(frozen=True)
class Target:
    """A file that is to change.

    Args:
        path: as the change names it, relative to the root.
        place: the file itself: behind a link, what the link leads to; of a deleted link, the link.
        old: what it holds; None where it does not exist.
        new: what it is to hold; None where it is to be deleted.
        mode: its rights, or None where it does not exist.
        link: what it leads to, if it is a link that is to be deleted.
    """

    path: str
    place: Path
    old: bytes | None
    new: bytes | None
    mode: int | None
    link: str | None

    def current(self) -> bytes | None:
        """Return what the file holds now, or None where it does not exist."""
        return content_of(self.place)

    def may_be_written(self) -> bool:
        """Return whether neither its own rights nor those of its folder forbid a change."""
        # A file that its owner made read-only is left alone, though it could be replaced in its folder.
        if self.mode is not None and self.link is None and not self.mode & 0o222:
            return False
        folder = self.place.parent
        while not folder.exists():
            folder = folder.parent
        if not folder.is_dir():
            # A file that this very change deletes may stand where the folder is to be.
            folder = folder.parent
        return os.access(folder, os.W_OK | os.X_OK)


def content_of(place: Path) -> bytes | None:
    """Return what a file holds, or None where there is none, or a folder.

    Args:
        place: the file.

    Raises:
        PatchError: it cannot be read.
    """
    try:
        return place.read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except OSError as error:
        raise PatchError(f"{place} cannot be read: {reason(error)}", "make it a file that can be read") from error


def rights_of(place: Path) -> int | None:
    """Return a file's rights, or None where it does not exist.

    Args:
        place: the file.
    """
    return stat.S_IMODE(place.stat().st_mode) if place.exists() else None


def find_target(root: Path, path: str, old: bytes | None, new: bytes | None) -> Target:
    """Return where a change goes to.

    Args:
        root: the tree's folder.
        path: the file, relative to it.
        old: what it holds; None where it does not exist.
        new: what it is to hold; None where it is to be deleted.

    Raises:
        PatchError: the file lies outside of the tree, or is none that is to be changed.
    """
    pure = PurePosixPath(path)
    if not pure.parts or pure.is_absolute() or ".." in pure.parts or pure.parts[0] in _NOT_OURS or "\0" in path:
        raise PatchError(f"{path!r} is no file of the tree {root}", "name files below it")
    top, named = root.resolve(), root / path
    try:
        if new is None and named.is_symlink():
            parent = named.parent.resolve()
            place, link = parent / named.name, os.readlink(named)
        else:
            place, link = named.resolve(), None
        mode = rights_of(place)
    except (OSError, RuntimeError) as error:
        why = reason(error) if isinstance(error, OSError) else "its links lead in a circle"
        raise PatchError(f"{path} cannot be reached: {why}", "look at the path and its rights") from error
    if not place.is_relative_to(top):
        raise PatchError(
            f"{path} is a link to {place}, outside of {root}", "leave it out, or run it on the folder above"
        )
    if place.is_dir() and link is None:
        raise PatchError(f"{path} is a folder", "name a file")
    return Target(path, place, old, new, mode, link)
