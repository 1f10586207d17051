"""Work that a test started and left running: tasks, threads and child processes.

A late write of such work would land in the next test. So it is waited for, up to a limit, and named.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Literal
from weakref import WeakSet

from greenshift.trace import is_user_file

_POLL_SECONDS = 0.005


@dataclass(frozen=True)
class Work:
    """One piece of work that was still running when its test ended.

    Args:
        kind: what it is.
        description: its name and the user's line it stands at, as far as known.
        thread: the thread, which can be neither ended nor waited for any longer; None for other work.
    """

    kind: Literal["task", "thread", "process"]
    description: str
    thread: threading.Thread | None = None

    def __str__(self) -> str:
        return f"{self.kind} {self.description}"


@dataclass
class WorkBaseline:
    """What ran before a test's body began, and so is not the test's.

    A pool's thread that was idle then counts as the test's when it is at work afterwards.
    """

    threads: WeakSet[threading.Thread] = field(default_factory=WeakSet)
    tasks: WeakSet[asyncio.Task[Any]] = field(default_factory=WeakSet)
    children: frozenset[int] = frozenset()

    @classmethod
    def take(cls, loops: Iterable[asyncio.AbstractEventLoop]) -> WorkBaseline:
        """Look at this process now; ``loops`` are those whose tasks count."""
        baseline = cls(children=_children())
        for thread in _threads_at_work():
            baseline.threads.add(thread)
        for loop in loops:
            for task in _tasks(loop):
                baseline.tasks.add(task)
        return baseline

    def wait_for_tasks(self, loop: asyncio.AbstractEventLoop, deadline: float) -> list[Work]:
        """Let a loop that stands still finish the tasks started since, until ``deadline`` (``time.monotonic``).

        Returns:
            The tasks that did not finish; they have been cancelled.
        """
        pending = [task for task in _tasks(loop) if task not in self.tasks and _is_users_task(task)]
        if not pending or loop.is_running() or loop.is_closed():
            return []
        timeout = max(0.0, deadline - time.monotonic())
        _, unfinished = loop.run_until_complete(asyncio.wait(pending, timeout=timeout))
        left = [Work("task", _describe_task(task)) for task in unfinished]
        for task in unfinished:
            task.cancel()
        if unfinished:
            loop.run_until_complete(asyncio.wait(unfinished, timeout=0.1))
        return left

    def wait_for_threads(self, deadline: float) -> list[Work]:
        """Wait until the threads started since have left the user's code, until ``deadline``."""
        left: list[Work] = []
        for thread in _threads_at_work():
            if thread in self.threads:
                continue
            frame = _users_frame(thread)
            while frame is not None and thread.is_alive() and time.monotonic() < deadline:
                thread.join(_POLL_SECONDS)
                frame = _users_frame(thread)
            if frame is not None and thread.is_alive():
                left.append(Work("thread", f"{thread.name} at {_place(frame.f_code, frame.f_lineno)}", thread))
        return left

    def wait_for_children(self, deadline: float) -> list[Work]:
        """Wait for the child processes started since, until ``deadline``; then end them: they cannot be fenced."""
        started = {process for process in _children() - self.children if not _is_pythons_own(process)}
        if not started:
            return []
        while started and time.monotonic() < deadline:
            started = {process for process in started if _runs(process)}
            if started:
                time.sleep(_POLL_SECONDS)
        left = []
        for process in sorted(started):
            if _runs(process):
                left.append(Work("process", f"{process} ({_command(process)})"))
                _kill(process)
        return left


def _tasks(loop: asyncio.AbstractEventLoop) -> set[asyncio.Task[Any]]:
    try:
        return {task for task in asyncio.all_tasks(loop) if not task.done()}
    except RuntimeError:  # the set changed under a loop that runs in another thread
        return set()


def _is_users_task(task: asyncio.Task[Any]) -> bool:
    """A test runner's own tasks (anyio keeps one) have no line of the user's in their coroutine chain."""
    return _users_coroutine(task) is not None


def _users_coroutine(task: asyncio.Task[Any]) -> tuple[CodeType, int] | None:
    coroutine: Any = task.get_coro()
    found = None
    while coroutine is not None:
        code: CodeType | None = getattr(coroutine, "cr_code", None) or getattr(coroutine, "gi_code", None)
        frame: FrameType | None = getattr(coroutine, "cr_frame", None) or getattr(coroutine, "gi_frame", None)
        if code is None:
            break
        if is_user_file(code.co_filename):
            found = (code, frame.f_lineno if frame is not None else code.co_firstlineno)
        coroutine = getattr(coroutine, "cr_await", None) or getattr(coroutine, "gi_yieldfrom", None)
    return found


def _describe_task(task: asyncio.Task[Any]) -> str:
    place = _users_coroutine(task)
    return f"{task.get_name()} at {_place(*place)}" if place else task.get_name()


def _threads_at_work() -> list[threading.Thread]:
    """The other threads that stand in the user's code."""
    current = threading.current_thread()
    return [thread for thread in threading.enumerate() if thread is not current and _users_frame(thread) is not None]


def _users_frame(thread: threading.Thread) -> FrameType | None:
    """The innermost frame of the user's code on a thread's stack; idle pool threads have none."""
    frame = sys._current_frames().get(thread.ident or -1)
    while frame is not None:
        if is_user_file(frame.f_code.co_filename):
            return frame
        frame = frame.f_back
    return None


def _place(code: CodeType, line: int) -> str:
    path = Path(code.co_filename)
    try:
        path = path.relative_to(Path.cwd())
    except ValueError:
        pass
    return f"{path}:{line} in {code.co_qualname}"


def _children() -> frozenset[int]:
    """Process ids of this process's children: from Linux's own list, elsewhere those of multiprocessing."""
    for _ in range(5):
        try:
            threads = os.listdir("/proc/self/task")
        except OSError:
            break
        found: set[int] = set()
        try:
            for thread in threads:
                # Twice for each test, so without what pathlib and text files add.
                with open(f"/proc/self/task/{thread}/children", "rb", buffering=0) as file:
                    found.update(map(int, file.read().split()))
        except (FileNotFoundError, ProcessLookupError):
            continue  # the thread ended just now; its children are another's from then on
        except OSError:
            break
        return frozenset(found)
    return frozenset(child.pid for child in multiprocessing.active_children() if child.pid is not None)


def _runs(process: int) -> bool:
    """Whether a child still runs; one that ended but was not waited for by its owner does not."""
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except FileNotFoundError:
        return any(child.pid == process for child in multiprocessing.active_children())
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] not in {"Z", "X"}


def _command(process: int) -> str:
    try:
        words = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return "command unknown"
    return b" ".join(word for word in words if word).decode(errors="replace")[:120]


def _is_pythons_own(process: int) -> bool:
    """Whether it is one of multiprocessing's helpers, which outlive the work they are started for."""
    command = _command(process)
    return any(f"from multiprocessing.{name} import main" in command for name in ("resource_tracker", "forkserver"))


def _kill(process: int) -> None:
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        pass
