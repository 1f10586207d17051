"""A file's bytes as text, and text back to bytes, in the encoding that the file declares."""

from __future__ import annotations

import codecs
import io
import tokenize
from dataclasses import dataclass


@dataclass(frozen=True)
class Decoded:
    """A file's text; its line ends are those of the file.

    Args:
        text: the text, without a byte order mark.
        encoding: the codec that it was read with.
        mark: whether a byte order mark stood before it.
    """

    text: str
    encoding: str
    mark: bool

    def encode(self, text: str) -> bytes:
        """Return another text as this file's bytes.

        Args:
            text: what the file is to hold.

        Raises:
            UnicodeEncodeError: the file's encoding has no such character.
        """
        return (codecs.BOM_UTF8 if self.mark else b"") + text.encode(self.encoding)


def decoded(content: bytes, path: str) -> Decoded | None:
    """Return a file's text.

    Args:
        content: what the file holds.
        path: its name: only Python's source declares its encoding (PEP 263), all else is taken as UTF-8.

    Returns:
        None where it is no text in that encoding.
    """
    mark = content.startswith(codecs.BOM_UTF8)
    encoding = "utf-8"
    if path.endswith((".py", ".pyi")):
        try:
            encoding = tokenize.detect_encoding(io.BytesIO(content).readline)[0]
        except SyntaxError:
            return None
    if encoding == "utf-8-sig":
        encoding = "utf-8"
    try:
        return Decoded(content[len(codecs.BOM_UTF8) if mark else 0 :].decode(encoding), encoding, mark)
    except (UnicodeDecodeError, LookupError):
        return None
