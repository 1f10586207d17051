"""One executed SQL statement, and everything that is known about it."""

from __future__ import annotations

import asyncio
import re
import weakref
from copy import copy
from typing import Any, Final, NamedTuple, Self

from greenshift.trace.call_site import CallSite
from greenshift.trace.connections import ConnectionInfo
from greenshift.trace.origin import Origin

# A long batch has the same types all over; its first values stand for it.
_SHAPE_LIMIT: Final = 64

_PLACEHOLDER: Final = r"(?:\$\d+(?:::[\w ]+)?|%\(\w+\)s(?:::[\w ]+)?|%s(?:::[\w ]+)?|\?|:\w+)"
_LIST: Final = re.compile(rf"\(\s*{_PLACEHOLDER}(?:\s*,\s*{_PLACEHOLDER})*\s*\)", re.IGNORECASE)
_ROWS: Final = re.compile(r"\(\.\.\.\)(?:\s*,\s*\(\.\.\.\))+")
_NUMBER: Final = re.compile(r"\$\d+")


class ParameterShape(NamedTuple):
    """How a statement's parameters look, without their values.

    Attributes:
        sets: the number of parameter sets (more than 1 for executemany).
        names: the parameters' names in the first set, or None for positional ones.
        types: the Python types of the values in the first set, of the first 64.
        width: the number of values in the first set.
    """

    sets: int
    names: tuple[str, ...] | None
    types: tuple[type, ...]
    width: int

    def __str__(self) -> str:
        types = [kind.__name__ for kind in self.types]
        if self.names is not None:
            types = [f"{name}: {kind}" for name, kind in zip(self.names, types, strict=False)]
        more = ", ..." if self.width > len(types) else ""
        times = f" x {self.sets}" if self.sets > 1 else ""
        return f"({', '.join(types)}{more}){times}"


_NO_PARAMETERS: Final = ParameterShape(1, None, (), 0)


def parameter_shape(parameters: Any, is_many: bool) -> ParameterShape:
    """Return the shape of a cursor's parameters.

    Args:
        parameters: a tuple or dict; a list of them when ``is_many``.
        is_many: whether the cursor's ``executemany`` is used.
    """
    sets = 1
    if is_many and isinstance(parameters, list):
        sets = len(parameters)
        parameters = parameters[0] if parameters else ()
    if not parameters:
        return _NO_PARAMETERS
    count = len(parameters)
    if isinstance(parameters, dict):
        if count <= _SHAPE_LIMIT:
            return ParameterShape(sets, tuple(parameters), tuple(map(type, parameters.values())), count)
        names = tuple(parameters)[:_SHAPE_LIMIT]
        return ParameterShape(sets, names, tuple(type(parameters[name]) for name in names), count)
    return ParameterShape(sets, None, tuple(map(type, parameters[:_SHAPE_LIMIT])), count)


class Statement:
    """One statement as the driver got it.

    Attributes:
        sql: the text sent to the driver.
        parameters: the values, only for subscribers that asked for them; otherwise None.
        parameter_shape: names and types of the parameters.
        executemany: whether several parameter sets were sent.
        call_site: the innermost line of the user's code, or None when only libraries were on the stack.
        origin: what asked for it.
        connection: the connection it ran on.
        task_name: the asyncio task's name, or None.
        thread: the thread's name.
        thread_id: the thread's identity.
        test: the test that was running (``connections.set_test``), or None.
        started: when, in seconds of ``time.perf_counter``.
        duration: seconds from handing it to the driver until its answer; 0 while it runs. Asyncio: the loop's other
            work in between is in it.
        finished: whether it ended, with or without an error.
        rows: rows returned or touched, where the driver tells; otherwise None.
        error: the exception that the driver (or a cancellation) raised, or None.
    """

    __slots__ = (
        "_loop",
        "_task",
        "_template",
        "call_site",
        "connection",
        "duration",
        "error",
        "executemany",
        "finished",
        "origin",
        "parameter_shape",
        "parameters",
        "rows",
        "sql",
        "started",
        "task_name",
        "test",
        "thread",
        "thread_id",
    )

    sql: str
    parameters: Any
    parameter_shape: ParameterShape
    executemany: bool
    call_site: CallSite | None
    origin: Origin
    connection: ConnectionInfo
    task_name: str | None
    thread: str
    thread_id: int
    test: str | None
    started: float
    duration: float
    finished: bool
    rows: int | None
    error: BaseException | None
    _loop: weakref.ref[asyncio.AbstractEventLoop] | None
    _task: weakref.ref[asyncio.Task[Any]] | None
    _template: str | None

    @property
    def key(self) -> str:
        """The statement's normalised text: the same however long its IN lists and its batches of rows are."""
        if self._template is not None:
            return self._template
        collapsed = _ROWS.sub("(...)", _LIST.sub("(...)", self.sql))
        return _NUMBER.sub("$n", collapsed)

    @property
    def engine_url(self) -> str | None:
        """The engine's URL, its password hidden."""
        return self.connection.engine_url

    @property
    def is_async(self) -> bool:
        """Whether it ran through an asyncio engine."""
        return self.connection.is_async

    @property
    def loop(self) -> asyncio.AbstractEventLoop | None:
        """The loop that was running in the thread (for a sync engine: the one it blocked), unless it is gone."""
        return None if self._loop is None else self._loop()

    @property
    def task(self) -> asyncio.Task[Any] | None:
        """The task that ran it, unless it is gone."""
        return None if self._task is None else self._task()

    def with_parameters(self, parameters: Any) -> Self:
        """Return a copy that carries the values of the parameters."""
        other = copy(self)
        other.parameters = parameters
        return other

    def __repr__(self) -> str:
        place = f" at {self.call_site}" if self.call_site else ""
        return f"<Statement {self.sql[:60]!r} {self.origin}{place}>"
