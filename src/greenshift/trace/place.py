"""In which thread, loop and task something happens, noted cheaply and without keeping loops or tasks alive."""

from __future__ import annotations

import asyncio
import threading
import weakref
from typing import Any, Final

# The loop, the task and the task's name.
Where = tuple[weakref.ref[asyncio.AbstractEventLoop] | None, weakref.ref[asyncio.Task[Any]] | None, str | None]

NOWHERE: Final[Where] = (None, None, None)


class _Here(threading.local):
    """The thread at hand, looked up once a thread."""

    def __init__(self) -> None:
        self.thread = threading.current_thread()


here: Final = _Here()


def where(loop: asyncio.AbstractEventLoop) -> Where:
    """Note the running loop and its current task.

    Args:
        loop: the loop running in this thread.
    """
    task = asyncio.current_task(loop)
    if task is None:
        return weakref.ref(loop), None, None
    return weakref.ref(loop), weakref.ref(task), task.get_name()


def running_loop() -> asyncio.AbstractEventLoop | None:
    """Return the loop running in this thread, or None; also inside SQLAlchemy's greenlet."""
    return asyncio._get_running_loop()
