"""Reads an application's Python files, keeping how each is encoded, and its templates."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from greenshift.patch import Decoded, decoded
from greenshift.shift.errors import ShiftError
from greenshift.shift.project import SkippedFile
from greenshift.shift.project.loading import files_ending, python_files

TEMPLATE_SUFFIXES = (".html", ".htm", ".xhtml", ".jinja", ".jinja2", ".j2")


@dataclass
class Tree:
    """An application's Python files.

    Attributes:
        root: Its folder.
        contents: Each file's bytes.
        texts: Each file's text, with ``\\n`` line ends.
        skipped: Files that are no text.
        templates: The text of each file that may be a Jinja template.
    """

    root: Path
    contents: dict[str, bytes] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    skipped: list[SkippedFile] = field(default_factory=list)
    templates: dict[str, str] = field(default_factory=dict)
    _decoded: dict[str, Decoded] = field(default_factory=dict)

    def encode(self, file: str, text: str) -> bytes:
        """Return a new text as bytes: in the file's encoding, with its line ends."""
        old = self._decoded[file]
        return old.encode(text.replace("\n", "\r\n") if "\r\n" in old.text else text)


def read_tree(root: Path) -> Tree:
    """Read the Python files under a folder.

    Args:
        root: The folder.

    Raises:
        ShiftError: It is no folder, or holds no Python file.
    """
    if not root.is_dir():
        raise ShiftError(f"{root} is no folder", "name the folder of the application")
    tree = Tree(root)
    for path in python_files(root):
        file = path.relative_to(root).as_posix()
        try:
            content = path.read_bytes()
        except OSError as error:
            tree.skipped.append(SkippedFile(file, f"cannot be read: {error.strerror}"))
            continue
        text = decoded(content, file)
        if text is None:
            tree.skipped.append(SkippedFile(file, "is no text in the encoding that it declares"))
            continue
        tree.contents[file] = content
        tree._decoded[file] = text
        tree.texts[file] = text.text.replace("\r\n", "\n").replace("\r", "\n")
    for path in files_ending(root, TEMPLATE_SUFFIXES):
        try:
            tree.templates[path.relative_to(root).as_posix()] = path.read_text(errors="replace")
        except OSError as error:
            tree.skipped.append(SkippedFile(path.relative_to(root).as_posix(), f"cannot be read: {error.strerror}"))
    if not tree.texts:
        raise ShiftError(f"{root} holds no Python file", "name the folder of the application")
    return tree
