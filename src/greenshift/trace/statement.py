"""One executed SQL statement, and everything that is known about it."""

from __future__ import annotations

import asyncio
import re
from typing import Any, Final, NamedTuple, Self

from greenshift.trace.connections import ConnectionInfo
from greenshift.trace.origin import Origin
from greenshift.trace.place import Placed

# A long batch has the same types all over; its first values stand for it.
SHAPE_LIMIT: Final = 64

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


RawShape = tuple[int, tuple[str, ...] | None, tuple[type, ...], int]
_NO_PARAMETERS: Final[RawShape] = (1, None, (), 0)


def raw_shape(parameters: Any, is_many: bool) -> RawShape:
    """Return the fields of the :class:`ParameterShape` of a cursor's parameters.

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
        if count <= SHAPE_LIMIT:
            return sets, tuple(parameters), tuple(map(type, parameters.values())), count
        names = tuple(parameters)[:SHAPE_LIMIT]
        return sets, names, tuple([type(parameters[name]) for name in names]), count
    return sets, None, tuple(map(type, parameters[:SHAPE_LIMIT])), count


# The duration in seconds, the rows, the error.
Outcome = tuple[float, int | None, BaseException | None]


class Statement(Placed):
    """One statement as the driver got it.

    Attributes:
        sql: the text sent to the driver.
        parameters: the values, only for subscribers that asked for them; otherwise None.
        executemany: whether several parameter sets were sent.
        origin: what asked for it.
        connection: the connection it ran on.
        test: the test that was running (``connections.set_test``), or None.
        started: when, in seconds of ``time.perf_counter``.
    """

    # Tracing pays for each field at every statement: what can wait until somebody asks is kept raw, in one field.
    __slots__ = (
        "_outcome",
        "_shape",
        "_site",
        "_template",
        "_thread",
        "_where",
        "connection",
        "executemany",
        "origin",
        "parameters",
        "sql",
        "started",
        "test",
    )

    sql: str
    parameters: Any
    executemany: bool
    origin: Origin
    connection: ConnectionInfo
    test: str | None
    started: float
    _shape: RawShape
    _outcome: Outcome | None
    _template: str | None

    @property
    def key(self) -> str:
        """The statement's normalised text: the same however long its IN lists and its batches of rows are."""
        if self._template is not None:
            return self._template
        collapsed = _ROWS.sub("(...)", _LIST.sub("(...)", self.sql))
        return _NUMBER.sub("$n", collapsed)

    @property
    def finished(self) -> bool:
        """Whether it ended, with or without an error."""
        return self._outcome is not None

    @property
    def duration(self) -> float:
        """Seconds from handing it to the driver until its answer; 0 while it runs.

        Asyncio: the loop's other work in between is in it.
        """
        return 0.0 if self._outcome is None else self._outcome[0]

    @property
    def rows(self) -> int | None:
        """Rows returned or touched, where the driver tells; otherwise None."""
        return None if self._outcome is None else self._outcome[1]

    @property
    def error(self) -> BaseException | None:
        """The exception that the driver (or a cancellation) raised, or None."""
        return None if self._outcome is None else self._outcome[2]

    @property
    def parameter_shape(self) -> ParameterShape:
        """Names and types of the parameters, never their values."""
        return ParameterShape(*self._shape)

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
        loop = self._where[0]
        return None if loop is None else loop()

    def with_parameters(self, parameters: Any) -> Self:
        """Return a copy that carries the values of the parameters."""
        other = type(self)()
        for name in _COPIED:
            setattr(other, name, getattr(self, name))
        other.parameters = parameters
        return other

    def __repr__(self) -> str:
        place = f" at {self.call_site}" if self.call_site else ""
        return f"<Statement {self.sql[:60]!r} {self.origin}{place}>"


# By hand, since every statement is copied for subscribers that ask for parameters: copy.copy takes twice as long.
_COPIED: Final = tuple(name for name in Statement.__slots__ if name != "parameters")
