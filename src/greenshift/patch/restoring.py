"""What a tree held before it was shifted, written into another folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from greenshift.patch.errors import PatchError, reason
from greenshift.patch.history import applied_entries, nothing_applied
from greenshift.patch.journal import Entry
from greenshift.patch.recovery import recover

# What no version of an application consists of.
_NO_SOURCE: Final = frozenset(
    {
        ".git",
        ".greenshift",
        ".hypothesis",
        ".mypy_cache",
        ".nox",
        ".pytest_cache",
        ".ruff_cache",
        ".tox",
        "__pycache__",
        "node_modules",
    }
)


def restore_to(root: Path, folder: Path, *, label: str = "shift") -> Path:
    """Write what a tree held before its last shift, and before all that came after that, into another folder.

    Left out are git's folder, our own, caches and virtual environments.

    Args:
        root: the tree's folder.
        folder: a folder that does not exist yet, or is empty.
        label: what made the change that is meant; where nothing of that label is there, the last change.

    Returns:
        The folder.

    Raises:
        PatchError: nothing was changed in the tree, or the folder cannot be written.
    """
    recover(root)
    entries = applied_entries(root)
    if not entries:
        raise nothing_applied(root)
    last = next((index for index, one in enumerate(entries) if one.label == label), 0)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise PatchError(f"{folder} is not empty", "name another folder")
    try:
        shutil.copytree(root, folder, symlinks=True, ignore=_left_out(folder), dirs_exist_ok=True)
        for entry in entries[: last + 1]:
            _undo_in(folder, entry)
    except OSError as error:
        raise PatchError(f"{folder} cannot be written: {reason(error)}", "make room, or name another folder") from error
    return folder


def _left_out(folder: Path) -> Callable[[str, list[str]], set[str]]:
    inside = folder.resolve()

    def ignore(parent: str, names: list[str]) -> set[str]:
        left = {one for one in names if one in _NO_SOURCE}
        left |= {one for one in names if os.path.isfile(os.path.join(parent, one, "pyvenv.cfg"))}
        return left | {one for one in names if Path(parent, one).resolve() == inside}

    return ignore


def _undo_in(folder: Path, entry: Entry) -> None:
    for file in entry.files:
        if not file.old:
            (folder / file.place).unlink(missing_ok=True)
    for one in reversed(entry.created_folders):
        try:
            (folder / one).rmdir()
        except OSError:
            pass
    for index, file in enumerate(entry.files):
        content, place = entry.content(index, new=False), folder / file.place
        if content is None:
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        if file.link is not None:
            place.symlink_to(file.link)
            continue
        place.write_bytes(content)
        if file.mode is not None:
            place.chmod(file.mode)
