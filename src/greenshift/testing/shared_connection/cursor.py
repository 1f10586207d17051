"""Cursors of logical connections."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from greenshift.testing.shared_connection.dbapi import LogicalConnection

T = TypeVar("T")


class LogicalCursor:
    """A DBAPI cursor of a logical connection.

    Args:
        connection: the logical connection.
        name: the cursor's name on the server; None for one whose rows are all fetched at once.
        options: further options of ``psycopg.Connection.cursor``.
    """

    def __init__(self, connection: LogicalConnection, name: str | None, options: dict[str, Any]) -> None:
        self.connection = connection
        self.is_on_server = name is not None
        driver = connection.real_connection
        self._cursor: psycopg.Cursor[Any] | psycopg.ServerCursor[Any]
        context = connection.adapters
        if name is None:
            self._cursor = _Cursor(driver, context, **options)
        else:
            self._cursor = _ServerCursor(driver, name, context, **options)

    def execute(self, query: Any, parameters: Any = None, **options: Any) -> LogicalCursor:
        """Execute a statement."""
        text = self._text(query)
        self.connection.run_statement(text, lambda: self._cursor.execute(query, parameters, **options))
        return self

    def executemany(self, query: Any, parameters: Sequence[Any], **options: Any) -> None:
        """Execute a statement once for each set of parameters."""
        if isinstance(self._cursor, psycopg.ServerCursor):
            raise psycopg.NotSupportedError("executemany not supported on server-side cursors")
        cursor = self._cursor
        self.connection.run_statement(self._text(query), lambda: cursor.executemany(query, parameters, **options))

    def fetchone(self) -> Any:
        """Return the next row or None."""
        return self._fetch(self._cursor.fetchone)

    def fetchmany(self, size: int | None = None) -> list[Any]:
        """Return the next rows."""
        return self._fetch(lambda: self._cursor.fetchmany(self._cursor.arraysize if size is None else size))

    def fetchall(self) -> list[Any]:
        """Return the remaining rows."""
        return self._fetch(self._cursor.fetchall)

    def close(self) -> None:
        """Close the cursor, without waiting."""
        if self.is_on_server:
            self.connection.forget(self._close_on_server)
        else:
            self._cursor.close()

    def __iter__(self) -> Iterator[Any]:
        while True:
            rows = self.fetchmany(100 if self.is_on_server else 10_000)
            if not rows:
                return
            yield from rows

    def __enter__(self) -> LogicalCursor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __getattr__(self, name: str) -> Any:
        # description, rowcount, statusmessage, nextset, setinputsizes...: none of them speaks to the server.
        return getattr(self._cursor, name)

    def _fetch(self, fetch: Callable[[], T]) -> T:
        return self.connection.run_fetch(fetch) if self.is_on_server else fetch()

    def _close_on_server(self) -> None:
        try:
            self._cursor.close()
        except psycopg.Error:  # its transaction has ended, and the cursor with it
            return

    def _text(self, query: Any) -> str:
        if isinstance(query, bytes):
            return query.decode("utf-8", "replace")
        if isinstance(query, sql.Composable):
            return query.as_string(self.connection.real_connection)
        return str(query)


class _Cursor(psycopg.Cursor[Any]):
    """psycopg's cursor, converting values as the engine's dialect wants rather than as the connection does."""

    def __init__(self, connection: psycopg.Connection[Any], context: Any, **options: Any) -> None:
        self._context = context
        super().__init__(connection, **options)

    @property
    def adapters(self) -> Any:
        return self._context


class _ServerCursor(psycopg.ServerCursor[Any]):
    """psycopg's cursor on the server, converting values as the engine's dialect wants."""

    def __init__(self, connection: psycopg.Connection[Any], name: str, context: Any, **options: Any) -> None:
        self._context = context
        super().__init__(connection, name, **options)

    @property
    def adapters(self) -> Any:
        return self._context
