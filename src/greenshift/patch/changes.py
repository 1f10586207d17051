"""What is to change in a tree, and the change of all of it at once."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, TextIO

from greenshift.patch.difference import coloured, difference_of, shown_difference_of
from greenshift.patch.errors import PatchError, named, reason
from greenshift.patch.journal import Entry, write_entry
from greenshift.patch.lock import locked
from greenshift.patch.recovery import recover
from greenshift.patch.rolling import roll_back, roll_forward
from greenshift.patch.targets import Target, find_target
from greenshift.patch.workspace import Workspace


@dataclass(frozen=True)
class Change:
    """One file before and after.

    Args:
        path: the file, relative to the tree's root, with ``/``.
        old: what it holds; None where it does not exist yet.
        new: what it is to hold; None where it is to be deleted.
    """

    path: str
    old: bytes | None
    new: bytes | None


@dataclass(frozen=True)
class Applied:
    """A change that was made.

    Args:
        id: its name in the history; None where no journal was kept.
        files: the files that were changed, relative to the root.
    """

    id: str | None
    files: tuple[str, ...]


class ChangeSet:
    """Changes of one tree that belong together: all of them are made, or none.

    Args:
        root: the tree's folder.
        changes: one for each file; those that change nothing are left out.
    """

    def __init__(self, root: Path, changes: Iterable[Change]) -> None:
        self.root = root
        self.changes = sorted((one for one in changes if one.old != one.new), key=lambda one: one.path)

    def __bool__(self) -> bool:
        return bool(self.changes)

    def difference(self) -> str:
        """Return the changes as a unified diff, which ``git apply`` and ``patch -p1`` take."""
        return "".join(difference_of(one.path, one.old, one.new) for one in self.changes)

    def shown_difference(self) -> str:
        """Return the changes as a unified diff for reading, in which passwords are masked."""
        return "".join(shown_difference_of(one.path, one.old, one.new) for one in self.changes)

    def print_difference(self, stream: TextIO | None = None, *, writes: str = "--write") -> None:
        """Print the changes as a unified diff, in colours where that is a terminal; passwords are masked.

        Where there are any, standard error says that the diff cannot be applied as it stands.

        Args:
            stream: where to; None for standard output.
            writes: the option of the command that writes the changes.
        """
        stream = stream or sys.stdout
        text = self.shown_difference()
        if text != self.difference():
            print(f"passwords are masked, so that the diff is for reading only: {writes} writes it", file=sys.stderr)
        wants_colours = stream.isatty() and not os.environ.get("NO_COLOR")
        stream.write(coloured(text) if wants_colours else text)

    def apply(self, journal: bool = True, *, label: str = "shift") -> Applied:
        """Make the changes, all of them or none, also if the process is killed meanwhile.

        What was interrupted before is finished or dropped first.

        Args:
            journal: keep in ``.greenshift/shift`` of the tree what is needed to take the changes back.
            label: what made them, as the history names it.

        Returns:
            What was changed.

        Raises:
            PatchError: a file is not as it was when the change was made up, cannot be written, or lies elsewhere.
        """
        if not journal:
            targets = self._targets()
            with tempfile.TemporaryDirectory(prefix="greenshift-") as folder:
                return self._written(write_entry(Path(folder) / Path(folder).name, self.root, targets, label), None)
        if not self.changes:
            return Applied(None, ())
        with locked(self.root):
            recover(self.root)
            targets = self._targets()
            entry = write_entry(Workspace(self.root).new_folder(), self.root, targets, label)
            return self._written(entry, entry.id)

    def _targets(self) -> list[Target]:
        targets = [find_target(self.root, one.path, one.old, one.new) for one in self.changes]
        places: dict[Path, Target] = {}
        for target in targets:
            other = places.setdefault(target.place, target)
            if other is not target and (other.new != target.new or other.old != target.old):
                raise PatchError(
                    f"{other.path} and {target.path} are one file, which is to be changed in two ways",
                    "leave out one of them",
                )
        changed = [one.path for one in targets if one.current() != one.old]
        if changed:
            raise PatchError(
                f"changed since it was read: {named(changed)}", "run it again on the files as they are now"
            )
        closed = [one.path for one in targets if not one.may_be_written()]
        if closed:
            raise PatchError(
                f"cannot be written: {named(closed)}",
                "make the file and its folder writable (chmod u+w), or leave it out",
            )
        return list(places.values())

    def _written(self, entry: Entry, name: str | None) -> Applied:
        try:
            roll_forward(entry)
        except OSError as error:
            self._take_back(entry, error, name is not None)
        except KeyboardInterrupt:
            roll_back(entry)
            raise
        return Applied(name, tuple(one.path for one in self.changes))

    def _take_back(self, entry: Entry, error: OSError, journal: bool) -> NoReturn:
        problem = f"{error.filename or self.root} cannot be written: {reason(error)}"
        try:
            roll_back(entry)
        except OSError:
            fix = "make room or give the rights" + (", then run: greenshift rollback" if journal else "")
            raise PatchError(f"{problem}; some files were changed already", fix) from error
        raise PatchError(f"{problem}; nothing was changed", "make room, or give the rights") from error
