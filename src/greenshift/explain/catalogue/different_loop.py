"""A connection, or a pool, used on another event loop than the one that it belongs to."""

from __future__ import annotations

import os
import re
from asyncio import AbstractEventLoop
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncEngine

from greenshift.explain.catalogue.entry import Entry
from greenshift.explain.explanation import Explanation, Place
from greenshift.explain.facts import ConnectionFact
from greenshift.explain.failure import Failure, Frame
from greenshift.explain.libraries import DATABASE, is_of, passes_through
from greenshift.explain.sites import place_of
from greenshift.trace import is_test_file

_MESSAGES: Final = ("attached to a different loop", "bound to a different event loop")
_QUEUE: Final = re.compile(r"<Queue\b.*bound to a different event loop", re.DOTALL)

# The callback of asyncpg's own futures: a message that shows it is asyncpg's even where the traceback is cut short.
_OF_ASYNCPG: Final = "Protocol._on_waiter_completed"


@dataclass(frozen=True)
class OtherLoop:
    """What is known of a connection that is used on another loop.

    Args:
        pool: whether it is the pool itself that belongs to the other loop, not one of its connections.
        connection: the connection, where it was watched.
        task: the name of the task that used it, where it is known.
    """

    pool: bool
    connection: ConnectionFact | None
    task: str | None


def other_loop(failure: Failure) -> OtherLoop | None:
    """Return what tells that a failure comes from another event loop, or None.

    The connection's history counts more than the message: the second failure in a row of an asyncpg connection
    reads ``another operation is in progress``.

    Args:
        failure: what happened.
    """
    facts = failure.facts
    connection = None if facts is None else facts.failing
    task = None if facts is None else facts.task
    if connection is not None and connection.driver == "asyncpg" and connection.is_async:
        if connection.usable_here and connection.loop is not None:
            return None
        if not connection.usable_here and failure.find("InterfaceError", "RuntimeError", "InternalClientError"):
            return OtherLoop(False, connection, task)
    if connection is None and failure.find("InterfaceError") and _loops_differ(failure.frames):
        return OtherLoop(False, None, None)
    for message in _MESSAGES:
        raised = failure.find("RuntimeError", containing=message)
        if raised is not None and (_OF_ASYNCPG in raised.message or passes_through(failure, *DATABASE)):
            return OtherLoop(_QUEUE.search(raised.message) is not None, connection, task)
    return None


def loop_places(failure: Failure, other: OtherLoop) -> tuple[Place, ...]:
    """Return where the connection was used, where it was opened, and where the using loop was started.

    Args:
        failure: what happened.
        other: what is known of it.
    """
    used = failure.user_frame
    places = [] if used is None else [used.place("used here")]
    opened = None if other.connection is None else other.connection.opened
    if opened is not None:
        places.append(place_of(opened, "opened here"))
    starter = _starter(failure.frames)
    if starter is not None and starter is not used:
        places.append(starter.place("this loop started here"))
    return tuple(places)


def engine_name(failure: Failure) -> str:
    """Return the name of the user's variable that holds the async engine, ``engine`` where it is not known.

    Args:
        failure: what happened.
    """
    for frame in failure.frames:
        if frame.user and frame.locals is not None:
            for name, value in frame.locals.items():
                if type(value) is AsyncEngine:
                    return name
    return "engine"


def _loops_differ(frames: tuple[Frame, ...]) -> bool:
    """Return whether a live traceback shows a loop that runs and an asyncpg connection of another one."""
    running = _owner(frames, "run_until_complete", "asyncio/base_events.py")
    connection = _owner(frames, None, "asyncpg/connection.py")
    # asyncpg has no public name for it.
    loop = getattr(connection, "_loop", None)
    return isinstance(running, AbstractEventLoop) and isinstance(loop, AbstractEventLoop) and loop is not running


def _owner(frames: tuple[Frame, ...], function: str | None, module: str) -> Any:
    """Return the ``self`` of the innermost frame of a module's function."""
    for frame in reversed(frames):
        if frame.locals is not None and is_of(frame, module) and (function is None or frame.function == function):
            return frame.locals.get("self")
    return None


def _starter(frames: tuple[Frame, ...]) -> Frame | None:
    """Return the user's line that started the loop: the frame above asyncio's runner."""
    for outer, inner in pairwise(frames):
        if outer.user and is_of(inner, "asyncio/runners.py", "asyncio/base_events.py"):
            return outer
    return None


class DifferentLoop(Entry):
    """A connection, or the pool itself, belongs to another loop."""

    kind = "different event loop"
    title = "A pooled connection is used on another event loop than the one it was opened on"
    source = "https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#using-multiple-asyncio-event-loops"

    def recognise(self, failure: Failure) -> Explanation | None:
        """Return the explanation if a connection or a pool was used on another loop."""
        other = other_loop(failure)
        if other is None:
            return None
        name = engine_name(failure)
        task = f" in task {other.task!r}" if other.task else ""
        if other.pool:
            headline = f"the pool of an async engine was used on a second event loop{task}"
            because = (
                "While all connections of a pool are taken, its waiters wait on one event loop: the first on which "
                "somebody had to wait. This time somebody had to wait on another loop."
            )
        else:
            headline = f"a pooled connection was used{task} on another event loop than the one it was opened on"
            because = _history(other.connection)
        unknown = []
        if other.connection is None and not other.pool:
            unknown.append("where the connection was opened, and on which loop: nothing watched the engine")
        return Explanation(
            self.kind,
            headline,
            because,
            loop_places(failure, other),
            _fix(name, _in_pytest(failure)),
            unknown=tuple(unknown),
        )


def _in_pytest(failure: Failure) -> bool:
    if failure.live:
        return "PYTEST_CURRENT_TEST" in os.environ
    return "pytest" in failure.text or any(is_test_file(frame.file) for frame in failure.frames if frame.user)


def _history(connection: ConnectionFact | None) -> str:
    if connection is None:
        return (
            "A connection belongs to the event loop that opened it. The engine's pool kept it after that loop, "
            "and gave it to code on another one."
        )
    opened = "before it was watched" if connection.opened is None else f"at {connection.opened}"
    gone = "has ended" if connection.loop_ended else "is another than the one that runs now"
    return (
        f"The {connection.driver} connection was opened {opened}, on an event loop that {gone}; it can be used on that "
        "loop only. The engine's pool kept it and gave it out again."
    )


def _fix(name: str, in_pytest: bool) -> str:
    lines = [
        "use one event loop for the whole life of the engine: a single asyncio.run(main()).",
        f"Where there must be several: `await {name}.dispose()` before each of them ends, or an engine for each,",
        "or create_async_engine(..., poolclass=NullPool), which keeps no connection.",
    ]
    if in_pytest:
        lines.insert(
            0,
            "run the tests and the fixtures that use the engine on one loop: asyncio_default_fixture_loop_scope and\n"
            "asyncio_default_test_loop_scope = \"session\" in pytest's configuration (Greenshift's plugin replaces\n"
            "such connections by itself). In general:",
        )
    return "\n".join(lines)
