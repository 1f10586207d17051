"""What an interrupted run left behind: finished, or dropped, before anything else is done to the tree."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from greenshift.patch.errors import PatchError, reason
from greenshift.patch.journal import Entry, State
from greenshift.patch.lock import locked
from greenshift.patch.rolling import roll_back, roll_forward
from greenshift.patch.workspace import Workspace


@dataclass(frozen=True)
class Recovery:
    """What was done about an interrupted run.

    Args:
        id: the change's name.
        label: what made it; empty where it was dropped.
        done: ``finished`` (all files are new), ``undone`` (all files are old again) or ``dropped`` (none was touched).
        files: the files of the change, relative to the root.
        kept: where files that somebody changed in between are kept, each with its path in the tree.
    """

    id: str
    label: str
    done: Literal["finished", "undone", "dropped"]
    files: tuple[str, ...] = ()
    kept: tuple[tuple[str, Path], ...] = ()

    def __str__(self) -> str:
        if self.done == "dropped":
            return f"an interrupted run had changed nothing yet: dropped ({self.id})"
        what = "finished" if self.done == "finished" else "its rollback was finished"
        said = f"an interrupted {self.label} of {len(self.files)} files: {what} ({self.id})"
        return said + "".join(
            f"\n  {path} had been changed since; that version is kept in {at}" for path, at in self.kept
        )


def recover(root: Path) -> list[Recovery]:
    """Finish, or drop, what was interrupted in a tree; nothing happens where nothing was.

    Args:
        root: the tree's folder.

    Returns:
        What was done, the oldest first.

    Raises:
        PatchError: another run is at work there, or a file cannot be written.
    """
    workspace = Workspace(root)
    if not workspace.history.is_dir():
        return []
    done = []
    with locked(root):
        entries = [Entry(folder, root) for folder in workspace.entry_folders()]
        replaced = {name for entry in entries if entry.state is State.APPLIED for name in entry.replaces}
        for entry in entries:
            try:
                if entry.id in replaced:
                    entry.drop()
                elif (found := _recovered(entry, workspace)) is not None:
                    done.append(found)
            except OSError as error:
                raise PatchError(
                    f"an interrupted run cannot be finished: {error.filename or root}: {reason(error)}",
                    "make room or give the rights, then run it again",
                ) from error
    return done


def _recovered(entry: Entry, workspace: Workspace) -> Recovery | None:
    state = entry.state
    if state is State.APPLIED:
        return None
    if state is None:
        entry.drop()
        return Recovery(entry.id, "", "dropped")
    if state is State.UNDONE:
        entry.drop()
        return None
    files = tuple(one.path for one in entry.files)
    kept = tuple(_keep_strangers(entry, workspace))
    if state is State.COMPLETE:
        roll_forward(entry)
        return Recovery(entry.id, entry.label, "finished", files, kept)
    label = entry.label
    roll_back(entry)
    return Recovery(entry.id, label, "undone", files, kept)


def _keep_strangers(entry: Entry, workspace: Workspace) -> list[tuple[str, Path]]:
    """Keep the files that hold neither what was nor what is to be: somebody has written them since."""
    kept = []
    for index, file in enumerate(entry.files):
        place = entry.place(index)
        if file.link is not None or not place.is_file():
            continue
        content = place.read_bytes()
        if content not in (entry.content(index, new=False), entry.content(index, new=True)):
            kept.append((file.path, workspace.keep(entry.id, file.path, content)))
    return kept
