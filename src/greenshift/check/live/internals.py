"""What can only be seen under a private name of SQLAlchemy's; tested with 2.0 and 2.1."""

from __future__ import annotations

from collections.abc import Iterator
from types import FunctionType
from typing import Any

from sqlalchemy.engine import Dialect


def isolation_level(dialect: Dialect) -> str | None:
    """Return the ``isolation_level`` that an engine was made with; None if it was made with none.

    Only a connection shows it in public (``Connection.get_isolation_level``), and none is opened here.

    Args:
        dialect: the engine's.
    """
    level = getattr(dialect, "_on_connect_isolation_level", None)
    return None if level is None else str(level)


def listeners(target: Any, events: Any) -> Iterator[tuple[str, FunctionType]]:
    """Yield the functions that listen to an engine, a dialect or a pool, each with its event, but not SQLAlchemy's.

    ``event.contains`` only answers for a function that one has already; ``dispatch`` has no page of its own.

    Args:
        target: what they listen to.
        events: the class that names the events: ``ConnectionEvents``, ``PoolEvents``, ``DialectEvents``.
    """
    for name in vars(events):
        if name.startswith("_") or name == "dispatch":
            continue
        for function in getattr(target.dispatch, name, ()):
            own = _written(function)
            if own is not None:
                yield name, own


def _written(function: Any) -> FunctionType | None:
    """Return the function that was given to ``event.listen``, which SQLAlchemy may have wrapped."""
    if not isinstance(function, FunctionType):
        function = getattr(function, "__func__", getattr(function, "__call__", None))  # noqa: B004 - the method
        function = getattr(function, "__func__", function)
    if not isinstance(function, FunctionType):
        return None
    if function.__module__.partition(".")[0] not in ("sqlalchemy", "greenshift"):
        return function
    for cell in function.__closure__ or ():
        if isinstance(cell.cell_contents, FunctionType):
            inner = _written(cell.cell_contents)
            if inner is not None:
                return inner
    return None
