"""Files to text: whatever their encoding and line ends, with positions kept."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterable
from pathlib import Path
from typing import Final

# A file above that is data, not source: a generated table, a bundled payload.
_LARGEST: Final = 4_000_000


class UndecodableError(ValueError):
    """A file that is no text in its declared encoding."""


def decoded(content: bytes) -> str:
    """Return a Python file's text with ``\\n`` line ends, without a byte-order mark.

    The encoding is the declared one (PEP 263), else UTF-8. A form feed stays: the tokenizer counts it as a column.

    Args:
        content: the file's bytes.

    Raises:
        UndecodableError: the bytes are no text in that encoding, or the encoding does not exist.
    """
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        text = content.decode(encoding)
    except (SyntaxError, UnicodeDecodeError, LookupError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else str(error)
        raise UndecodableError(reason) from None
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def read_files(root: Path, paths: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """Return the texts of files, and a note for each one that could not be read.

    Args:
        root: the folder that the paths are relative to.
        paths: the files.
    """
    texts: dict[str, str] = {}
    notes: list[str] = []
    for path in paths:
        try:
            content = (root / path).read_bytes()
        except OSError as error:
            notes.append(f"{path} could not be read: {error.strerror or error}")
            continue
        if len(content) > _LARGEST:
            notes.append(f"{path} is not checked: it has {len(content) // 1_000_000} MB")
            continue
        try:
            texts[path] = decoded(content) if path.endswith(".py") else content.decode("utf-8", errors="replace")
        except UndecodableError as error:
            notes.append(f"{path} could not be read: {error}")
    return texts, notes
