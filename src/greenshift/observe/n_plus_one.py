"""Attributes that are loaded one by one, counted: the line that does it is found, how to mend it says ``explain``.

The detector of ``greenshift.explain`` follows every loaded object to its SELECT and reads the loop in the source, which
production does not pay for. Here it is enough that one line, in one transaction, loads the same attribute of several
instances.
"""

from __future__ import annotations

import threading
import weakref
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection
from sqlalchemy.engine.interfaces import ExecutionContext

from greenshift import trace
from greenshift.observe.snapshot import NPlusOneSite

# One or two may be chance: a user's role, and that of who invited him.
THRESHOLD: Final = 3
# Lines that are kept of each engine; an application has few.
_MOST_SITES: Final = 200

_Key = tuple[str, str, str | None]


@dataclass(slots=True)
class _Site:
    occurrences: int = 0
    statements: int = 0
    most: int = 0


class _Unit:
    """The attribute loads of one transaction: the instances, by attribute and line."""

    __slots__ = ("parents", "transaction")

    def __init__(self, transaction: Any) -> None:
        # A strong reference would keep the connection alive that this is kept by.
        self.transaction = None if transaction is None else weakref.ref(transaction)
        self.parents: dict[_Key, set[int]] = {}

    def is_of(self, transaction: Any) -> bool:
        """Return whether this is still the same transaction."""
        return (None if self.transaction is None else self.transaction()) is transaction


class NPlusOneCounter:
    """Counts for one engine."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._units: weakref.WeakKeyDictionary[Connection, _Unit] = weakref.WeakKeyDictionary()
        self._sites: dict[_Key, _Site] = {}
        self.count = 0

    def add(self, context: ExecutionContext, site: trace.CallSite | None, origin: trace.Origin) -> None:
        """Take a statement into account that loaded an attribute.

        Args:
            context: of the statement.
            site: the line that read the attribute.
            origin: a lazy load, a deferred or an expired attribute.
        """
        key = (origin.detail or "", origin.kind, None if site is None else str(site))
        connection = context.root_connection
        transaction = connection.get_transaction()
        with self._lock:
            unit = self._units.get(connection)
            if unit is None or not unit.is_of(transaction):
                unit = self._units[connection] = _Unit(transaction)
            parents = unit.parents.setdefault(key, set())
            before = len(parents)
            parents.add(origin.parent or 0)
            if len(parents) >= THRESHOLD and len(parents) > before:
                self._found(key, len(parents))

    def _found(self, key: _Key, statements: int) -> None:
        first = statements == THRESHOLD
        self.count += first
        site = self._sites.get(key)
        if site is None:
            if len(self._sites) >= _MOST_SITES:
                return
            site = self._sites[key] = _Site()
        site.occurrences += first
        site.statements += THRESHOLD if first else 1
        site.most = max(site.most, statements)

    def sites(self) -> tuple[NPlusOneSite, ...]:
        """Return the lines found so far, those with the most statements first."""
        with self._lock:
            found = [
                NPlusOneSite(attribute, kind, line, site.occurrences, site.statements, site.most)
                for (attribute, kind, line), site in self._sites.items()
            ]
        return tuple(sorted(found, key=lambda one: -one.statements))
