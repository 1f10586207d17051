"""What the shared transaction has to know about the database's schema."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

_CONSTRAINTS = """
SELECT namespace.nspname, conname
FROM pg_catalog.pg_constraint AS deferred
JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = connamespace
WHERE condeferrable AND condeferred AND NOT EXISTS (
  SELECT FROM pg_catalog.pg_constraint AS other
  WHERE other.conname = deferred.conname AND other.connamespace = deferred.connamespace AND NOT other.condeferrable
)
ORDER BY 1, 2
"""
_ANY_DEFERRABLE = "SELECT EXISTS (SELECT FROM pg_catalog.pg_constraint WHERE condeferrable)"
# Functions of extensions are left out: they don't write to tables.
_FUNCTIONS = """
SELECT lower(proname)
FROM pg_catalog.pg_proc
JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = pronamespace
WHERE provolatile = 'v' AND prokind IN ('f', 'p')
  AND prorettype NOT IN ('pg_catalog.trigger'::regtype, 'pg_catalog.event_trigger'::regtype)
  AND nspname NOT IN ('pg_catalog', 'information_schema', '_greenshift')
  AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_depend
    WHERE classid = 'pg_catalog.pg_proc'::regclass AND objid = pg_proc.oid AND deptype = 'e'
  )
"""


class Catalog:
    """Deferrable constraints and writing functions, read again after the schema changed.

    Args:
        outdated: whether :meth:`read` is due.
        has_deferrable: whether any constraint may be checked at commit rather than at once.
        writing_functions: names, in lower case, of functions that may write although a SELECT calls them.
    """

    def __init__(self) -> None:
        self.outdated = True
        self.has_deferrable = False
        self.writing_functions: frozenset[str] = frozenset()
        self._deferred: list[tuple[str, str]] = []

    def read(self, connection: psycopg.Connection[Any]) -> None:
        """Read the catalog through a connection."""
        self.has_deferrable = bool(connection.execute(_ANY_DEFERRABLE).fetchall()[0][0])
        self._deferred = connection.execute(_CONSTRAINTS).fetchall() if self.has_deferrable else []
        self.writing_functions = frozenset(name for (name,) in connection.execute(_FUNCTIONS).fetchall())
        self.outdated = False

    def defer_again(self, connection: psycopg.Connection[Any]) -> str | None:
        """Return the statement that gives deferred constraints their initial mode back, or None."""
        if not self._deferred:
            return None
        names = sql.SQL(", ").join(sql.Identifier(*name) for name in self._deferred)
        return sql.SQL("SET CONSTRAINTS {} DEFERRED").format(names).as_string(connection)
