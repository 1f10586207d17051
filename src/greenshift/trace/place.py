"""In which thread, loop and task something happens, noted cheaply and without keeping loops or tasks alive."""

from __future__ import annotations

import asyncio
import threading
import weakref
from types import CodeType
from typing import Any, Final

from greenshift.trace.call_site import CallSite

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


class Placed:
    """Something that somebody's code did, in a thread and perhaps in a task; looked at only when somebody asks."""

    __slots__ = ()

    # The code and its instruction.
    _site: tuple[CodeType, int] | None
    _thread: threading.Thread
    _where: Where

    @property
    def call_site(self) -> CallSite | None:
        """The innermost line of the user's code, or None when only libraries were on the stack."""
        return None if self._site is None else CallSite.at(*self._site)

    @property
    def thread(self) -> str:
        """The name of the thread in which it happened."""
        return self._thread.name

    @property
    def thread_id(self) -> int | None:
        """That thread's identity (``threading.get_ident``)."""
        return self._thread.ident

    @property
    def task_name(self) -> str | None:
        """The name of the asyncio task in which it happened, or None outside tasks."""
        return self._where[2]

    @property
    def task(self) -> asyncio.Task[Any] | None:
        """That task, unless it is gone."""
        task = self._where[1]
        return None if task is None else task()


def running_loop() -> asyncio.AbstractEventLoop | None:
    """Return the loop running in this thread, or None; also inside SQLAlchemy's greenlet."""
    return asyncio._get_running_loop()
