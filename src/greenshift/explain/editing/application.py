"""Edits applied to files: all of them or none, each file in one step, and undone on demand."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from greenshift.atomic_file import replace_file
from greenshift.errors import GreenshiftError
from greenshift.explain.explanation import Edit

# What ends a line in Python's source; str.splitlines() knows more ends, such as a form feed.
_END_OF_LINE: Final = re.compile(r"\r\n|\r|\n")


class EditError(GreenshiftError):
    """An edit does not fit the file as it is now."""


class Applied:
    """Edits that were applied.

    Args:
        before: what the files held, byte for byte.
    """

    def __init__(self, before: Mapping[Path, bytes]) -> None:
        self._before = dict(before)

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that were changed."""
        return tuple(self._before)

    def undo(self) -> None:
        """Give every file back what it held before."""
        for path, content in self._before.items():
            replace_file(path, content)


def apply(edits: Iterable[Edit]) -> Applied:
    """Apply edits, all of them or none.

    Args:
        edits: those of one or several explanations; the same edit twice counts once.

    Returns:
        What undoes them.

    Raises:
        EditError: a file cannot be read or written, or no longer holds what an edit replaces; nothing was changed.
    """
    changed = contents(edits)
    written: dict[Path, bytes] = {}
    try:
        for path, (before, after) in changed.items():
            written[path] = before
            replace_file(path, after)
    except OSError as error:
        Applied({path: before for path, before in written.items() if path.read_bytes() != before}).undo()
        raise EditError(f"{error.filename} cannot be written: {error.strerror}", "make it writable") from error
    return Applied(written)


def contents(edits: Iterable[Edit]) -> dict[Path, tuple[bytes, bytes]]:
    """Return what the files of some edits hold, and what they would hold with them; nothing is written.

    Args:
        edits: as for :func:`apply`.

    Raises:
        EditError: as for :func:`apply`.
    """
    return {path: (before, _changed(before, of_file)) for path, before, of_file in _by_file(edits)}


def difference(edits: Iterable[Edit], *, context: int = 3) -> str:
    """Return what edits would change, as a patch that ``patch -p0`` takes.

    Args:
        edits: as for :func:`apply`.
        context: how many lines are shown around each change.

    Raises:
        EditError: as for :func:`apply`.
    """
    parts = []
    for path, before, of_file in _by_file(edits):
        after = _changed(before, of_file)
        lines = difflib.unified_diff(
            before.decode().splitlines(keepends=True),
            after.decode().splitlines(keepends=True),
            str(path),
            str(path),
            n=context,
        )
        parts += [line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines]
    return "".join(parts)


def _by_file(edits: Iterable[Edit]) -> list[tuple[Path, bytes, list[Edit]]]:
    files: dict[Path, list[Edit]] = {}
    for edit in dict.fromkeys(edits):
        files.setdefault(Path(edit.file), []).append(edit)
    result = []
    for path, of_file in files.items():
        try:
            result.append((path, path.read_bytes(), of_file))
        except OSError as error:
            raise EditError(f"{path} cannot be read: {error.strerror}", "run it where the file is") from error
    return result


def _changed(content: bytes, edits: list[Edit]) -> bytes:
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise EditError(f"{edits[0].file} is not UTF-8", "edit it by hand") from error
    starts = [0, *(end.end() for end in _END_OF_LINE.finditer(text))]
    for edit in sorted(edits, key=lambda one: (one.line, one.column), reverse=True):
        start = starts[edit.line - 1] + edit.column if edit.line <= len(starts) else len(text)
        if text[start : start + len(edit.old)] != edit.old:
            raise EditError(
                f"{edit.file}:{edit.line} does not hold {edit.old!r} any more", "run it again on the file as it is now"
            )
        text = text[:start] + edit.new + text[start + len(edit.old) :]
    return text.encode()
