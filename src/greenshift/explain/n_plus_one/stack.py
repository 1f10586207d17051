"""The user's part of the call stack, noted at every statement while a detector is on."""

from __future__ import annotations

import os
import threading
import weakref
from contextvars import ContextVar
from itertools import islice
from types import CodeType, FrameType
from typing import Any, Final, NamedTuple

import greenlet  # type: ignore[import-untyped]

from greenshift.trace.call_site import EVENT_LOOP, USER, is_user_file, kinds

# What stands above these is a client, or hands out work; a variable of theirs lives as long as one piece of it.
_REQUESTS: Final = {
    os.path.join("concurrent", "futures", "thread.py"): "self",
    os.path.join("httpx", "_transports", "asgi.py"): "request",
    os.path.join("httpx", "_transports", "wsgi.py"): "request",
    os.path.join("flask", "app.py"): "ctx",
    os.path.join("django", "core", "handlers", "base.py"): "request",
}
# Its threads run for long, and each piece of work in a context of its own.
_THREADS: Final = os.path.join("anyio", "_backends", "_asyncio.py")
# What calls a test many times over with values of its own.
_REPEATER: Final = f"{os.sep}hypothesis{os.sep}"

# Methods of Session that load for purposes of their own: one statement an object is what they are for.
_OWN_LOADS: Final = frozenset({"delete", "flush", "merge", "merge_all", "refresh"})


# The piece of work that a thread does, with the thread: contexts are copied to other threads.
_work: ContextVar[tuple[int, object] | None] = ContextVar("greenshift_work", default=None)


def _piece_of_work() -> tuple[int, object]:
    found, thread = _work.get(), threading.get_ident()
    if found is None or found[0] != thread:
        found = (thread, object())
        _work.set(found)
    return found


class Site:
    """One place in the user's code, down to the expression; the same object for the same place.

    Attributes:
        code: the function's code.
        file: its file.
        start: line from 1 and column from 0, in bytes, of the expression; the column is None where Python was told
            not to keep columns.
        end: the same of its end.
    """

    __slots__ = ("code", "end", "file", "start")

    def __init__(self, code: CodeType, position: tuple[int | None, int | None, int | None, int | None]) -> None:
        line, end_line, column, end_column = position
        self.code = code
        self.file = code.co_filename
        self.start = (line or code.co_firstlineno, column)
        self.end = (end_line or self.start[0], end_column)

    @property
    def line(self) -> int:
        """The line on which the expression begins."""
        return self.start[0]

    @property
    def function(self) -> str:
        """The function's qualified name."""
        return self.code.co_qualname

    def __repr__(self) -> str:
        return f"<Site {self.file}:{self.line} in {self.function}>"


class Stack(NamedTuple):
    """Who asked for a statement.

    Attributes:
        sites: the user's places, the innermost first, as far as the event loop or the client of a request.
        is_own_load: whether a method of the Session asked that loads object by object by its nature (``merge``).
        is_repeated: whether something calls the test many times over.
        request: tells requests apart that one task or one thread of a pool serves.
    """

    sites: tuple[Site, ...]
    is_own_load: bool = False
    is_repeated: bool = False
    request: weakref.ref[Any] | tuple[int, object] | None = None


class Stacks:
    """Notes call stacks so that equal ones compare equal, and cheaply."""

    def __init__(self) -> None:
        self._by_instruction: dict[tuple[int, int], Site] = {}
        self._edges: dict[str, str | None] = {}
        # A place may be reached by several instructions, as Python specialises them while it runs.
        self._by_place: dict[tuple[int, Any], Site] = {}

    def here(self, frame: FrameType | None) -> Stack:
        """Note the stack.

        Args:
            frame: the innermost frame.
        """
        sites: list[Site] = []
        is_own_load = is_repeated = False
        current = None
        while True:
            while frame is not None:
                code = frame.f_code
                file = code.co_filename
                kind = kinds.get(file)
                if kind is None:
                    is_user_file(file)
                    kind = kinds[file]
                if kind == USER:
                    sites.append(self._by_instruction.get((id(code), frame.f_lasti)) or self._site(frame))
                elif kind == EVENT_LOOP:
                    return Stack(tuple(sites), is_own_load, is_repeated)
                elif kind:  # the file of SQLAlchemy's Session
                    is_own_load = is_own_load or (not sites and code.co_name in _OWN_LOADS)
                elif (edge := self._edges.get(file, "")) is not None:
                    edge = edge or self._edge(file)
                    if edge == _REPEATER:
                        is_repeated = True
                    elif edge == _THREADS:
                        return Stack(tuple(sites), is_own_load, is_repeated, _piece_of_work())
                    elif edge is not None and (request := frame.f_locals.get(edge)) is not None:
                        return Stack(tuple(sites), is_own_load, is_repeated, weakref.ref(request))
                frame = frame.f_back
            # SQLAlchemy's greenlet has a stack of its own; it goes on in the one that started it.
            current = (greenlet.getcurrent() if current is None else current).parent
            if current is None:
                return Stack(tuple(sites), is_own_load, is_repeated)
            frame = current.gr_frame

    def _edge(self, file: str) -> str | None:
        """Return the variable of a file of a library that is a request, what calls tests again and again, or None."""
        edge = _REPEATER if _REPEATER in file else None
        if file.endswith(f"{os.sep}{_THREADS}"):
            edge = _THREADS
        for name, variable in _REQUESTS.items():
            if file.endswith(f"{os.sep}{name}"):
                edge = variable
        self._edges[file] = edge
        return edge

    def _site(self, frame: FrameType) -> Site:
        code, instruction = frame.f_code, frame.f_lasti
        position = next(islice(code.co_positions(), instruction // 2, None), (None, None, None, None))
        site = self._by_place.get((id(code), position))
        if site is None:
            # Jinja compiles templates to Python, whose lines are not the template's.
            template = frame.f_globals.get("__jinja_template__")
            place = position
            if template is not None:
                line = template.get_corresponding_lineno(position[0] or code.co_firstlineno)
                place = (line, line, None, None)
            site = self._by_place.setdefault((id(code), position), Site(code, place))
        # The site keeps the code alive, and so its identity unique.
        self._by_instruction[id(code), instruction] = site
        return site
