"""Two states of a file as a unified diff."""

from __future__ import annotations

import difflib
import re
from typing import Final

from greenshift.masking import MASK, mask
from greenshift.patch.encoding import decoded

_COLOURS: Final = {"+": "\x1b[32m", "-": "\x1b[31m", "@": "\x1b[36m"}
_BOLD: Final = "\x1b[1m"
_PLAIN: Final = "\x1b[0m"
_ENVIRONMENT_FILE: Final = re.compile(r"(?:^|/)(?:\.env(?:\.[^/]+)?|[^/]*\.env)\Z")
# A line that the change leaves as it is.
_VARIABLE: Final = re.compile(r"^( \s*(?:export\s+)?[\w.-]+\s*=\s*)\S.*$", re.MULTILINE)


def difference_of(path: str, old: bytes | None, new: bytes | None) -> str:
    """Return what changes in a file.

    Args:
        path: the file, relative to the root.
        old: what it holds; None where it does not exist.
        new: what it is to hold; None where it is to be deleted.
    """
    before = None if old is None else _text(path, old)
    after = None if new is None else _text(path, new)
    header = f"diff --git a/{path} b/{path}\n"
    if before is _BINARY or after is _BINARY:
        return f"{header}Binary files a/{path} and b/{path} differ\n"
    if old is None:
        header += "new file mode 100644\n"
    if new is None:
        header += "deleted file mode 100644\n"
    lines = difflib.unified_diff(
        _lines(before),
        _lines(after),
        "/dev/null" if old is None else f"a/{path}",
        "/dev/null" if new is None else f"b/{path}",
    )
    return header + "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


def shown_difference_of(path: str, old: bytes | None, new: bytes | None) -> str:
    """Return what changes in a file, for reading: passwords are masked.

    In a file of environment variables (``.env``) the variables that stay are masked whole: any may be a secret.

    Args:
        path: as for :func:`difference_of`, and likewise ``old`` and ``new``.
    """
    # Before the signs of the diff stand between a name and the value on the next line.
    shown = difference_of(path, _masked(path, old), _masked(path, new))
    if _ENVIRONMENT_FILE.search(path):
        shown = _VARIABLE.sub(rf"\g<1>{MASK}", shown)
    return mask(shown)


def coloured(difference: str) -> str:
    """Return a unified diff with a terminal's colours.

    Args:
        difference: the diff.
    """
    return "".join(_coloured_line(line) for line in difference.splitlines(keepends=True))


# A mark of its own: no file's text is this object.
_BINARY: Final = "".join(["bin", "ary"])


def _text(path: str, content: bytes) -> str:
    if b"\0" in content:
        return _BINARY
    try:
        return content.decode()
    except UnicodeDecodeError:
        found = decoded(content, path)
        return _BINARY if found is None else found.text


def _masked(path: str, content: bytes | None) -> bytes | None:
    if content is None:
        return None
    text = _text(path, content)
    return content if text is _BINARY else mask(text).encode()


def _lines(text: str | None) -> list[str]:
    # Only a line feed ends a line for a patch; str.splitlines knows more ends, such as a form feed.
    pieces = (text or "").split("\n")
    return [f"{piece}\n" for piece in pieces[:-1]] + ([pieces[-1]] if pieces[-1] else [])


def _coloured_line(line: str) -> str:
    body = line.rstrip("\r\n")
    if body.startswith(("diff --git", "--- ", "+++ ")):
        return f"{_BOLD}{body}{_PLAIN}{line[len(body) :]}"
    colour = _COLOURS.get(line[:1])
    return line if colour is None else f"{colour}{body}{_PLAIN}{line[len(body) :]}"
