"""The changes that were made to a tree, and the way back through them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from greenshift.patch.errors import PatchError, named, reason
from greenshift.patch.journal import Entry, State, write_entry
from greenshift.patch.lock import locked
from greenshift.patch.recovery import recover
from greenshift.patch.rolling import roll_back
from greenshift.patch.targets import Target, content_of, rights_of
from greenshift.patch.workspace import Workspace


@dataclass(frozen=True)
class Past:
    """A change that was made.

    Args:
        id: its name.
        label: what made it.
        made: when.
        files: the files, relative to the root.
    """

    id: str
    label: str
    made: datetime
    files: tuple[str, ...]


@dataclass(frozen=True)
class RolledBack:
    """A change that was taken back.

    Args:
        id: its name.
        label: what had made it.
        files: the files that hold again what they held before it.
        kept: the files that the user had changed since, each with the place where that version is kept.
    """

    id: str
    label: str
    files: tuple[str, ...]
    kept: tuple[tuple[str, Path], ...] = ()


def history(root: Path) -> list[Past]:
    """Return the changes that can be taken back, the last one first.

    Args:
        root: the tree's folder.
    """
    return [Past(one.id, one.label, one.made, tuple(file.path for file in one.files)) for one in applied_entries(root)]


def rollback(root: Path, *, force: bool = False) -> RolledBack:
    """Take the last change back, exactly; called again, the one before it.

    A rollback that was interrupted is finished instead.

    Args:
        root: the tree's folder.
        force: also where files were changed after it; the user's version is kept aside.

    Raises:
        PatchError: nothing was changed there, a file was changed since, or cannot be written.
    """
    if not root.is_dir():
        raise PatchError(f"{root} is no folder", "name the folder of the application")
    if not Workspace(root).history.is_dir():
        raise nothing_applied(root)
    with locked(root):
        for one in recover(root):
            if one.done == "undone":
                return RolledBack(one.id, one.label, one.files, one.kept)
        entries = applied_entries(root)
        if not entries:
            raise nothing_applied(root)
        entry = entries[0]
        changed = _changed_since(entry)
        if changed and not force:
            paths = [entry.files[index].path for index in changed]
            raise PatchError(
                f"changed after the {entry.label} that is to be taken back: {named(paths)}",
                "save what you need, then: greenshift rollback --force (your versions are kept in .greenshift/kept)",
            )
        result = RolledBack(
            entry.id, entry.label, tuple(one.path for one in entry.files), tuple(_keep(entry, changed, Workspace(root)))
        )
        try:
            roll_back(entry)
        except OSError as error:
            raise PatchError(
                f"{error.filename or root} cannot be written: {reason(error)}; the rollback is not finished",
                "make room or give the rights, then run: greenshift rollback",
            ) from error
        return result


def combine(root: Path, names: Sequence[str], *, label: str) -> str | None:
    """Make several changes, which are the last ones, a single one for the history.

    Args:
        root: the tree's folder.
        names: their names, the oldest first.
        label: what made them all.

    Returns:
        The new name; None where together they change nothing.
    """
    with locked(root):
        recover(root)
        entries = list(reversed(applied_entries(root)))
        chosen = [one for one in entries if one.id in names]
        if [one.id for one in entries[len(entries) - len(names) :]] != list(names) or not names:
            raise PatchError(
                f"{', '.join(names) or 'nothing'} is not the end of the history", "look at: greenshift rollback --list"
            )
        targets = _net(chosen)
        workspace = Workspace(root)
        if not targets:
            for one in reversed(chosen):
                one.drop()
            return None
        made = write_entry(workspace.new_folder(), root, targets, label, replaces=names, folders=_folders(chosen))
        for one in chosen:
            one.drop()
        return made.id


def applied_entries(root: Path) -> list[Entry]:
    """Return the journal's entries of the changes that can be taken back, the last one first.

    Args:
        root: the tree's folder.
    """
    entries = [Entry(folder, root) for folder in Workspace(root).entry_folders()]
    return [one for one in reversed(entries) if one.state is State.APPLIED]


def nothing_applied(root: Path) -> PatchError:
    """Return what is raised where nothing was changed.

    Args:
        root: the tree's folder.
    """
    return PatchError(f"nothing was changed in {root} that could be taken back", "run it where the shift was written")


def _changed_since(entry: Entry) -> list[int]:
    changed = []
    for index, file in enumerate(entry.files):
        place = entry.place(index)
        if file.new:
            same = content_of(place) == entry.content(index, new=True)
        else:
            # The change itself may have made a folder of the name.
            same = not os.path.lexists(place) or file.place in entry.created_folders
        if not same:
            changed.append(index)
    return changed


def _keep(entry: Entry, changed: list[int], workspace: Workspace) -> list[tuple[str, Path]]:
    kept = []
    for index in changed:
        content = content_of(entry.place(index))
        if content is not None:
            path = entry.files[index].path
            kept.append((path, workspace.keep(entry.id, path, content)))
    return kept


def _net(entries: list[Entry]) -> list[Target]:
    """Return what several changes come to, the oldest first."""
    first: dict[str, tuple[Entry, int]] = {}
    last: dict[str, tuple[Entry, int]] = {}
    for entry in entries:
        for index, file in enumerate(entry.files):
            first.setdefault(file.place, (entry, index))
            last[file.place] = (entry, index)
    targets = []
    for place, (entry, index) in first.items():
        file, (latest, at) = entry.files[index], last[place]
        old, new = entry.content(index, new=False), latest.content(at, new=True)
        # Deleted and made again, a file may hold the same and have other rights.
        if old != new or (new is not None and file.mode not in (None, rights_of(entry.root / place))):
            targets.append(Target(file.path, entry.root / place, old, new, file.mode, file.link))
    return targets


def _folders(entries: list[Entry]) -> list[str]:
    return sorted({folder for one in entries for folder in one.created_folders})
