"""Where a blocking call stands in the user's code, if it is work of the event loop that the user asked for."""

from __future__ import annotations

from collections.abc import Iterator
from types import FrameType
from typing import NamedTuple

import greenlet  # type: ignore[import-untyped]

from greenshift.explain.blocking.innocence import (
    is_asynchronous,
    is_excused,
    is_import,
    is_start_up,
    is_stdlib,
)
from greenshift.explain.event_loop import is_event_loop
from greenshift.trace import is_user_file


class LoopWork(NamedTuple):
    """A blocking call as it stands on the stack.

    Attributes:
        called: the user's innermost frame, which makes the call.
        through: the library function that it calls, or None where it calls the blocking function itself.
        within: the innermost ``async`` function of the user's; None for a callback of the loop.
        only_stdlib: whether nothing but the standard library stands between.
    """

    called: FrameType
    through: FrameType | None
    within: FrameType | None
    only_stdlib: bool


def walk(frame: FrameType | None) -> Iterator[FrameType]:
    """Yield frames from the inside out, across SQLAlchemy's greenlet.

    Args:
        frame: the innermost one.
    """
    current = greenlet.getcurrent()
    while True:
        while frame is not None:
            yield frame
            frame = frame.f_back
        current = current.parent
        if current is None:
            return
        frame = current.gr_frame


def find_loop_work(frame: FrameType | None, *, excuse: bool = True) -> LoopWork | None:
    """Return where the user's code blocks the loop, or None where it is not the user's doing.

    Args:
        frame: the innermost frame: the one that makes the blocking call.
        excuse: whether libraries such as logging, and ``async`` functions of any, may block on the way.
    """
    frames = walk(frame)
    through: FrameType | None = None
    called: FrameType | None = None
    only_stdlib = True
    for one in frames:
        code = one.f_code
        if is_event_loop(code):
            return None
        if is_user_file(code.co_filename):
            called = one
            break
        if excuse and (is_excused(code.co_filename) or is_asynchronous(code)):
            return None
        only_stdlib = only_stdlib and is_stdlib(code.co_filename)
        through = one
    if called is None:
        return None
    within = called if is_asynchronous(called.f_code) else None
    for one in frames:
        code = one.f_code
        if is_event_loop(code):
            break
        if is_import(code.co_filename) or is_start_up(code):
            return None
        if within is None and is_asynchronous(code) and is_user_file(code.co_filename):
            within = one
    return LoopWork(called, through, within, only_stdlib)
