"""The write-ahead journal of a change: written whole before the first file is touched, and enough to go either way.

An entry is a folder with the old and the new content of each file, a manifest, and last of all the file ``state``.
Without ``state`` no file of the tree has been touched, and the entry is dropped. From then on a change that was
interrupted is finished: forwards from ``complete``, backwards from ``undoing``.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

from greenshift.patch.durable import sync_folder, write_durably
from greenshift.patch.errors import PatchError
from greenshift.patch.targets import Target


class State(StrEnum):
    """How far a change has come."""

    COMPLETE = "complete"
    APPLIED = "applied"
    UNDOING = "undoing"
    UNDONE = "undone"


@dataclass(frozen=True)
class JournalFile:
    """A file in an entry.

    Args:
        path: the file, relative to the root.
        place: the same behind its links.
        mode: its rights before the change; None where it did not exist.
        link: what it led to, if it is a link that is deleted.
        old: whether it existed.
        new: whether it is to exist.
    """

    path: str
    place: str
    mode: int | None
    link: str | None
    old: bool
    new: bool


class Entry:
    """A change in the journal.

    Args:
        folder: the entry's folder, whose name is the change's.
        root: the tree's folder.
    """

    def __init__(self, folder: Path, root: Path) -> None:
        self.folder = folder
        self.root = root.resolve()
        self.id = folder.name

    @property
    def state(self) -> State | None:
        """How far it has come; None where the journal itself is unfinished."""
        try:
            return State((self.folder / "state").read_text())
        except FileNotFoundError:
            return None
        except ValueError:
            raise self._damaged() from None

    def set_state(self, state: State) -> None:
        """Note how far it has come, in one step."""
        write_durably(self.folder / "state.new", state.encode())
        os.replace(self.folder / "state.new", self.folder / "state")
        sync_folder(self.folder)

    @cached_property
    def _manifest(self) -> dict[str, Any]:
        try:
            manifest: dict[str, Any] = json.loads((self.folder / "manifest.json").read_text())
        except (OSError, ValueError):
            raise self._damaged() from None
        return manifest

    @cached_property
    def files(self) -> list[JournalFile]:
        """The files that it changes."""
        return [JournalFile(**one) for one in self._manifest["files"]]

    @property
    def label(self) -> str:
        """What made the change."""
        return str(self._manifest["label"])

    @property
    def made(self) -> datetime:
        """When it was made."""
        return datetime.fromisoformat(self._manifest["made"])

    @property
    def created_folders(self) -> list[str]:
        """The folders that it makes, the outermost first."""
        return list(self._manifest["folders"])

    @property
    def replaces(self) -> list[str]:
        """The names of the entries that it stands for."""
        return list(self._manifest["replaces"])

    def content(self, index: int, *, new: bool) -> bytes | None:
        """Return what a file holds before or after the change; None where it does not exist then.

        Args:
            index: the file's place among :attr:`files`.
            new: after rather than before.
        """
        if not (self.files[index].new if new else self.files[index].old):
            return None
        try:
            return (self.folder / ("new" if new else "old") / f"{index:05d}").read_bytes()
        except OSError:
            raise self._damaged() from None

    def place(self, index: int) -> Path:
        """Return the file itself."""
        return self.root / self.files[index].place

    def staged(self, index: int) -> Path:
        """Return where a file's next content is prepared: beside it, on the same disk."""
        return self.place(index).parent / f".greenshift-{self.id}-{index:05d}"

    def drop(self) -> None:
        """Forget the entry; its state goes last, so that an interrupted end is known as one."""
        if not self.folder.is_dir():
            return
        if self.state not in (None, State.UNDONE):
            self.set_state(State.UNDONE)
        for one in self.folder.iterdir():
            if one.is_dir():
                shutil.rmtree(one)
            elif one.name != "state":
                one.unlink()
        (self.folder / "state").unlink(missing_ok=True)
        self.folder.rmdir()

    def _damaged(self) -> PatchError:
        return PatchError(
            f"the journal {self.folder} is damaged", f"take the files back from elsewhere, then remove {self.folder}"
        )


def write_entry(
    folder: Path,
    root: Path,
    targets: Sequence[Target],
    label: str,
    *,
    replaces: Sequence[str] = (),
    folders: Sequence[str] | None = None,
) -> Entry:
    """Write a change into the journal; no file of the tree is touched.

    Args:
        folder: where to, in a folder that exists.
        root: the tree's folder.
        targets: the files.
        label: what makes the change.
        replaces: the names of entries that this one stands for; it is taken as applied already.
        folders: the folders that the change makes, where that is known; else those that are missing now.

    Raises:
        PatchError: the journal cannot be written.
    """
    entry = Entry(folder, root)
    try:
        for name in ("", "old", "new"):
            (folder / name).mkdir()
        for index, target in enumerate(targets):
            for name, content in (("old", target.old), ("new", target.new)):
                if content is not None:
                    write_durably(folder / name / f"{index:05d}", content)
        files = [
            JournalFile(
                one.path,
                one.place.relative_to(entry.root).as_posix(),
                one.mode,
                one.link,
                one.old is not None,
                one.new is not None,
            )
            for one in targets
        ]
        manifest = {
            "version": 1,
            "label": label,
            "made": datetime.now(UTC).isoformat(),
            "files": [asdict(one) for one in files],
            "folders": _missing_folders(entry.root, targets) if folders is None else list(folders),
            "replaces": list(replaces),
        }
        write_durably(folder / "manifest.json", json.dumps(manifest).encode())
        for name in ("old", "new", "", ".."):
            sync_folder(folder / name)
        entry.set_state(State.APPLIED if replaces else State.COMPLETE)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise PatchError(
            f"the journal {folder} cannot be written: {error.strerror}; nothing was changed",
            "make room, or give the rights",
        ) from error
    return entry


def _missing_folders(root: Path, targets: Sequence[Target]) -> list[str]:
    missing: set[Path] = set()
    for target in targets:
        folder = target.place.parent
        while target.new is not None and folder != root and not folder.is_dir():
            missing.add(folder)
            folder = folder.parent
    return sorted(one.relative_to(root).as_posix() for one in missing)
