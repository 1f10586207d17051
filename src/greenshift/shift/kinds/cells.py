"""The fixed point: places that hold sets of values, and who must be looked at again when one grows."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable

from greenshift.shift.kinds.values import (
    NOTHING,
    Collection,
    ContextManager,
    Coroutine,
    Instance,
    TupleValue,
    Value,
    Values,
)
from greenshift.shift.project import Class, Function, Module

Unit = Function | Module
LIMIT = 64
"""Values kept in one cell: more of them say little and cost much."""
HOLDERS = 24
"""Those of them that hold other values: data that nests in itself would give ever deeper ones."""


class Cells:
    """Sets of values by key, that only grow, and the queue of units to evaluate."""

    def __init__(self) -> None:
        self._values: dict[Hashable, Values] = {}
        self._attributes: dict[Class, list[str]] = {}
        self._readers: dict[Hashable, set[Unit]] = {}
        self._queue: deque[Unit] = deque()
        self._queued: set[Unit] = set()

    def read(self, key: Hashable, reader: Unit | None) -> Values:
        """Return a cell's values, and have the reader looked at again when they grow."""
        if reader is not None:
            self._readers.setdefault(key, set()).add(reader)
        return self._values.get(key, NOTHING)

    def write(self, key: Hashable, values: Values) -> None:
        """Add values to a cell."""
        if not values:
            return
        old = self._values.get(key, NOTHING)
        if not old and isinstance(key, tuple) and key[0] == "attr":
            self._attributes.setdefault(key[1], []).append(key[2])
        if values <= old:
            return
        if sum(map(_holds, old)) >= HOLDERS:
            values = frozenset(one for one in values if not _holds(one))
            if values <= old:
                return
        if len(old) >= LIMIT:
            # Where the further rows come from is not followed, but that there are some must be known.
            values = frozenset(Instance(one.cls) for one in values - old if isinstance(one, Instance))
            if values <= old:
                return
        self._values[key] = old | values
        for reader in self._readers.get(key, ()):
            self.enqueue(reader)

    def attributes(self, cls: Class) -> list[str]:
        """Return the names of a class's attribute cells."""
        return self._attributes.get(cls, [])

    def enqueue(self, unit: Unit) -> None:
        """Have a unit evaluated (again)."""
        if unit not in self._queued:
            self._queued.add(unit)
            self._queue.append(unit)

    def next(self) -> Unit | None:
        """Return the next unit to evaluate, or None when all is settled."""
        if not self._queue:
            return None
        unit = self._queue.popleft()
        self._queued.discard(unit)
        return unit


def _holds(value: Value) -> bool:
    return isinstance(value, Collection | TupleValue | Coroutine | ContextManager)
