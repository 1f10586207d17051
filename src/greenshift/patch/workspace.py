"""The folder ``.greenshift`` of a tree, in which what is needed to take changes back is kept."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from greenshift.patch.durable import write_durably

_IGNORED = b"*\n"


class Workspace:
    """The folder ``.greenshift`` of a tree.

    Args:
        root: the tree's folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / ".greenshift"
        self.history = self.folder / "shift"
        self.kept = self.folder / "kept"

    def make(self) -> None:
        """Make the folder, which git does not see, and which only its owner may read."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        ignored = self.folder / ".gitignore"
        if not ignored.is_file() or ignored.read_bytes() != _IGNORED:
            write_durably(ignored, _IGNORED)
        self.history.mkdir(exist_ok=True)

    def entry_folders(self) -> list[Path]:
        """Return the folders of the journals, the oldest first."""
        if not self.history.is_dir():
            return []
        found = [one for one in self.history.iterdir() if one.is_dir() and one.name.split("-")[0].isdigit()]
        return sorted(found, key=lambda one: int(one.name.split("-")[0]))

    def new_folder(self) -> Path:
        """Return where the next journal goes to: numbered, since clocks may go back."""
        last = self.entry_folders()
        number = int(last[-1].name.split("-")[0]) + 1 if last else 1
        return self.history / f"{number:04d}-{datetime.now(UTC):%Y%m%dT%H%M%S}"

    def keep(self, entry: str, path: str, content: bytes) -> Path:
        """Keep a version of a file aside.

        Args:
            entry: the journal's name.
            path: the file, relative to the root.
            content: what it holds.

        Returns:
            Where it is kept.
        """
        place = self.kept / entry / path
        number = 1
        while os.path.lexists(place):
            if place.is_file() and place.read_bytes() == content:
                return place
            number += 1
            place = self.kept / entry / f"{path}.{number}"
        place.parent.mkdir(parents=True, exist_ok=True)
        write_durably(place, content)
        return place
