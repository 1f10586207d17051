"""What a failure in the user's own code or database says, in one line."""

from __future__ import annotations

import os
import re
import traceback
from collections.abc import Iterator
from pathlib import Path

from greenshift.definitions.modules import is_project_file

_CREDENTIALS = re.compile(r"(://[^:/@\s]*):[^@/\s]+@")
_ADAPTED = re.compile(r"^<class '[^']*'>: ")


def describe(error: BaseException) -> str:
    """Return the root of a failure in one line: the database's own message, or the exception's type and message.

    Passwords inside URLs are hidden.
    """
    root = _database_error(error) or error
    words = root.msg if isinstance(root, SyntaxError) else str(root)
    text = _ADAPTED.sub("", words.strip()).split("\n")[0].strip()
    name = type(root).__name__
    line = f"{name}: {text}" if text else name
    return _CREDENTIALS.sub(r"\1:***@", line)


def location(error: BaseException) -> str | None:
    """Return ``file:line`` of the innermost project line that a failure passed through, or None."""
    if isinstance(error, SyntaxError) and error.filename is not None:
        return f"{shown(Path(error.filename))}:{error.lineno}"
    for cause in chain(error):
        for frame in reversed(traceback.extract_tb(cause.__traceback__)):
            if is_project_file(frame.filename):
                return f"{shown(Path(frame.filename))}:{frame.lineno}"
    return None


def described_with_location(error: BaseException) -> str:
    """Return :func:`describe` followed by :func:`location` in brackets where it is known."""
    place = location(error)
    return describe(error) if place is None else f"{describe(error)} ({place})"


def chain(error: BaseException) -> Iterator[BaseException]:
    """Yield a failure and what it was raised from, each once."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)


def shown(path: Path) -> str:
    """Return a path as messages show it: relative to the working directory where it lies below."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except (ValueError, OSError):
        return os.fspath(path)


def _database_error(error: BaseException) -> BaseException | None:
    for cause in chain(error):
        original = getattr(cause, "orig", None)
        if isinstance(original, BaseException):
            # asyncpg's own exception hides behind the one that SQLAlchemy's adaptor raised.
            return original.__cause__ or original
    return None
