"""A database that is reached through a pool of connections."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from types import TracebackType
from typing import Any, Self, TypeVar

from psycopg import Connection
from psycopg_pool import ConnectionPool

from records import scopes, statement_log
from records.operations import Operation, Row
from records.statements import Statement

T = TypeVar("T")


class DatabaseManager:
    """The database of sync models; open it as a context, or with ``open`` and ``close``.

    Args:
        url: of PostgreSQL: ``postgresql://...``.
        max_size: how many connections may be open at once.
    """

    def __init__(self, url: str, *, max_size: int = 10) -> None:
        self._pool = ConnectionPool(url, min_size=0, max_size=max_size, open=False)

    def open(self) -> None:
        """Make ready; connections are opened as they are needed."""
        self._pool.open()

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def connection(self) -> Iterator[Connection[Row]]:
        """Lend the transaction's connection; outside of one, a connection whose work is committed at the end."""
        current = scopes.current(self)
        if current is not None:
            yield current
            return
        with self._pool.connection() as connection:
            yield connection

    @contextmanager
    def transaction(self, *, separate: bool = False) -> Iterator[Connection[Row]]:
        """Commit what is done inside when it ends, undo it when it ends in an error.

        Inside another transaction it is a savepoint: its own end undoes it alone, the outer one's undoes both.
        Raising ``psycopg.Rollback`` undoes it quietly.

        Args:
            separate: begin one of its own on another connection, although this is inside of one.
        """
        current = None if separate else scopes.current(self)
        if current is not None:
            with current.transaction():
                yield current
            return
        with self._pool.connection() as connection, connection.transaction(), scopes.entered(self, connection):
            yield connection

    def using(self, connection: Connection[Row]) -> AbstractContextManager[None]:
        """Let records use a connection inside: that of a transaction which is not the innermost."""
        return scopes.entered(self, connection)

    def run(self, operation: Operation[T]) -> T:
        """Carry an operation out: in the transaction, or in one of its own."""
        with closing(operation):
            try:
                statement = next(operation)
            except StopIteration as finished:  # nothing to ask
                return finished.value  # type: ignore[no-any-return]
            with self.connection() as connection:
                while True:
                    rows = _execute(connection, statement)
                    try:
                        statement = operation.send(rows)
                    except StopIteration as finished:
                        return finished.value  # type: ignore[no-any-return]


def _execute(connection: Connection[Row], statement: Statement) -> list[Row]:
    statement_log.record(statement)
    with connection.cursor() as cursor:
        if not statement.is_batch:
            return cursor.execute(statement.query, statement.parameters).fetchall()
        cursor.executemany(statement.query, statement.parameters, returning=True)
        rows: list[Any] = [cursor.fetchone()]
        while cursor.nextset():
            rows.append(cursor.fetchone())
        return rows
