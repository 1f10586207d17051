"""A tree taken to one side of a journal's entry: to what it held before, or to what it is to hold."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from greenshift.patch.durable import sync_folder, write_durably
from greenshift.patch.journal import Entry, State
from greenshift.patch.targets import content_of, rights_of


def roll_forward(entry: Entry) -> None:
    """Make a change, or finish it; what is done already is left.

    Args:
        entry: the change.
    """
    _roll(entry, new=True)
    entry.set_state(State.APPLIED)


def roll_back(entry: Entry) -> None:
    """Take a change back, or finish that, and forget the entry.

    Args:
        entry: the change.
    """
    entry.set_state(State.UNDOING)
    _roll(entry, new=False)
    entry.set_state(State.UNDONE)
    entry.drop()


def _roll(entry: Entry, *, new: bool) -> None:
    for index in range(len(entry.files)):
        if entry.place(index).parent.is_dir():
            entry.staged(index).unlink(missing_ok=True)
    wanted = [(index, entry.content(index, new=new)) for index in range(len(entry.files))]
    wanted = [(index, content) for index, content in wanted if not _is(entry, index, content, back=not new)]
    # A file may give way to a folder of its name, and the other way round: what is to go goes first.
    for index, content in wanted:
        if content is None:
            entry.place(index).unlink(missing_ok=True)
    if new:
        for folder in entry.created_folders:
            (entry.root / folder).mkdir(parents=True, exist_ok=True)
    else:
        for folder in reversed(entry.created_folders):
            _remove_if_empty(entry.root / folder)
    _write(entry, [(index, content) for index, content in wanted if content is not None], back=not new)
    for parent in {entry.place(index).parent for index, _ in wanted} | {entry.root}:
        if parent.is_dir():
            sync_folder(parent)


def _write(entry: Entry, wanted: list[tuple[int, bytes]], *, back: bool) -> None:
    """All new contents are on the disk before the first file is replaced: the time of a mixed tree is short."""
    for index, content in wanted:
        place, file, staged = entry.place(index), entry.files[index], entry.staged(index)
        place.parent.mkdir(parents=True, exist_ok=True)
        if file.link is not None:
            os.symlink(file.link, staged)
            continue
        write_durably(staged, content)
        if place.exists():
            _keep_rights(place, staged)
        if file.mode is not None and (back or not place.exists()):
            # The change may have deleted the file and made it again, with rights of its own.
            os.chmod(staged, file.mode)
    for index, _ in wanted:
        os.replace(entry.staged(index), entry.place(index))


def _is(entry: Entry, index: int, content: bytes | None, *, back: bool) -> bool:
    place, link, rights = entry.place(index), entry.files[index].link, entry.files[index].mode
    if link is not None:
        is_link = place.is_symlink() and os.readlink(place) == link
        return is_link if content is not None else not os.path.lexists(place)
    if content_of(place) != content:
        return False
    return content is None or not back or rights is None or rights_of(place) == rights


def _keep_rights(place: Path, staged: Path) -> None:
    found = place.stat()
    shutil.copystat(place, staged)
    # Its time is that of the change: caches of bytecode and build tools go by it.
    os.utime(staged)
    if os.geteuid() == 0 or (found.st_uid, found.st_gid) != (os.geteuid(), os.getegid()):
        try:
            os.chown(staged, found.st_uid, found.st_gid)
            os.chmod(staged, found.st_mode & 0o7777)
        except PermissionError:
            # The owner cannot be kept by one who is not root; the file may be written all the same.
            pass


def _remove_if_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        # The user has put something there since; it stays.
        pass
