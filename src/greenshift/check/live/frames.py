"""The application's own lines in a stack or a traceback."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import Final

_LIBRARIES: Final = tuple(
    os.path.realpath(path) + os.sep
    for path in {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
)
_OURS: Final = os.path.dirname(os.path.dirname(os.path.realpath(__file__))) + os.sep


def relative(file: str, root: str) -> str:
    """Return a path as people read it: relative to the root if it is below it, with forward slashes.

    Args:
        file: a path.
        root: the folder that is checked.
    """
    real, base = os.path.realpath(file), os.path.realpath(root)
    below = real.startswith(base + os.sep)
    return (os.path.relpath(real, base) if below else file).replace(os.sep, "/")


def is_users(file: str) -> bool:
    """Return whether a file is the application's: no library's, not Python's, not ours."""
    if file.startswith("<"):
        return False
    real = os.path.realpath(file)
    return (
        not real.startswith(_OURS) and not real.startswith(_LIBRARIES) and f"{os.sep}site-packages{os.sep}" not in real
    )


def user_frame(root: str, frame: FrameType | None = None) -> str:
    """Return ``file:line`` of the application's innermost frame; "" if none is the application's.

    Args:
        root: the folder that is checked.
        frame: the innermost frame to look at; the caller's by default.
    """
    frame = frame or sys._getframe(1)
    while frame is not None:
        if is_users(frame.f_code.co_filename):
            return f"{relative(frame.f_code.co_filename, root)}:{frame.f_lineno}"
        frame = frame.f_back
    return ""


def user_place(error: BaseException, root: str) -> str:
    """Return ``file:line`` of the innermost line of the application that an exception came through; "" if none.

    Args:
        error: the exception.
        root: the folder that is checked.
    """
    own = [step for step in walk(error.__traceback__) if is_users(step.tb_frame.f_code.co_filename)]
    return f"{relative(own[-1].tb_frame.f_code.co_filename, root)}:{own[-1].tb_lineno}" if own else ""


def walk(trace: TracebackType | None) -> Iterator[TracebackType]:
    """Yield the steps of a traceback, the outermost first.

    Args:
        trace: an exception's ``__traceback__``.
    """
    while trace is not None:
        yield trace
        trace = trace.tb_next
