"""How a transaction came to be rolled back: asked for, by an exception, or left without a commit."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any, Final, Literal

from greenshift.trace import is_user_file
from greenshift.trace.call_site import frames_from

Leaving = Literal["rolled back", "exception", "left"]

_ROLLBACKS: Final = frozenset(
    {"Session.rollback", "SessionTransaction.rollback", "Transaction.rollback", "Connection.rollback"}
)
_LIBRARY: Final = ("/sqlalchemy/", "\\sqlalchemy\\")
_DEPTH: Final = 100


def leaving() -> Leaving:
    """Return how the transaction ends that is being rolled back at this moment, in this thread and task."""
    asked = False
    for frame in frames_from(sys._getframe(1)):
        code = frame.f_code
        if is_user_file(code.co_filename):
            break
        if not any(part in code.co_filename for part in _LIBRARY):
            continue
        if code.co_qualname in _ROLLBACKS:
            asked = True
        elif code.co_name == "__exit__" and _is_error(frame.f_locals.get("type_")):
            return "exception"
    if asked:
        return "rolled back"
    return "exception" if _is_error(sys.exc_info()[0]) or _awaited_by_an_exception() else "left"


def _is_error(raised: object) -> bool:
    """Return whether an exception's class is more than the end of a generator that nobody asks any more."""
    return isinstance(raised, type) and not issubclass(raised, GeneratorExit)


def _awaited_by_an_exception() -> bool:
    """Return whether this task closes a session, or a connection, for a block that an exception ended.

    ``AsyncSession.__aexit__`` closes in a task of its own, so that the block is not on this task's stack.
    """
    try:
        current = asyncio.current_task()
        tasks = asyncio.all_tasks()
    except RuntimeError:
        return False
    for task in tasks:
        ended_by: object = None
        for frame in _awaiting(task.get_coro()):
            if not any(part in frame.f_code.co_filename for part in _LIBRARY):
                continue
            if frame.f_code.co_name == "__aexit__":
                ended_by = frame.f_locals.get("type_")
            if any(value is current for value in frame.f_locals.values()):
                return _is_error(ended_by)
    return False


def _awaiting(waiting: Any) -> Iterator[FrameType]:
    """Give the frames of a suspended task, the outermost first."""
    for _ in range(_DEPTH):
        if waiting is None:
            return
        for prefix, following in (("cr", "await"), ("ag", "await"), ("gi", "yieldfrom")):
            frame = getattr(waiting, f"{prefix}_frame", None)
            if isinstance(frame, FrameType):
                yield frame
                waiting = getattr(waiting, f"{prefix}_{following}")
                break
        else:
            # What an asynchronous generator's __anext__() gives does not name its generator.
            found = [one for one in gc.get_referents(waiting) if hasattr(one, "ag_frame")]
            waiting = found[0] if found and type(waiting).__name__.startswith("async_generator") else None
