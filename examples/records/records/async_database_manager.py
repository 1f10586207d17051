"""A database that is reached through a pool of asynchronous connections."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager, closing
from types import TracebackType
from typing import Any, Self, TypeVar

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from records import scopes, statement_log
from records.operations import Operation, Row
from records.statements import Statement

T = TypeVar("T")


class AsyncDatabaseManager:
    """The database of async models: ``DatabaseManager`` with ``await``. It belongs to the event loop that opens it.

    A task that is started inside a transaction is outside of it: it has a connection of its own. (Up to Python 3.11
    ``asyncio.wait_for`` starts one; ``asyncio.timeout`` does not.)

    Args:
        url: of PostgreSQL: ``postgresql://...``.
        max_size: how many connections may be open at once.
    """

    def __init__(self, url: str, *, max_size: int = 10) -> None:
        self._pool = AsyncConnectionPool(url, min_size=0, max_size=max_size, open=False)

    async def open(self) -> None:
        """Make ready; connections are opened as they are needed."""
        await self._pool.open()

    async def close(self) -> None:
        """Close the connections."""
        await self._pool.close()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection[Row]]:
        """Lend the transaction's connection; outside of one, a connection whose work is committed at the end."""
        current = scopes.current(self)
        if current is not None:
            yield current
            return
        async with self._pool.connection() as connection:
            yield connection

    @asynccontextmanager
    async def transaction(self, *, separate: bool = False) -> AsyncIterator[AsyncConnection[Row]]:
        """Commit what is done inside when it ends, undo it when it ends in an error.

        Inside another transaction it is a savepoint: its own end undoes it alone, the outer one's undoes both.
        Raising ``psycopg.Rollback`` undoes it quietly.

        Args:
            separate: begin one of its own on another connection, although this is inside of one.
        """
        current = None if separate else scopes.current(self)
        if current is not None:
            async with current.transaction():
                yield current
            return
        async with self._pool.connection() as connection, connection.transaction():
            with scopes.entered(self, connection):
                yield connection

    def using(self, connection: AsyncConnection[Row]) -> AbstractContextManager[None]:
        """Let records use a connection inside: that of a transaction which is not the innermost."""
        return scopes.entered(self, connection)

    async def run(self, operation: Operation[T]) -> T:
        """Carry an operation out: in the transaction, or in one of its own."""
        with closing(operation):
            try:
                statement = next(operation)
            except StopIteration as finished:  # nothing to ask
                return finished.value  # type: ignore[no-any-return]
            async with self.connection() as connection:
                while True:
                    rows = await _execute(connection, statement)
                    try:
                        statement = operation.send(rows)
                    except StopIteration as finished:
                        return finished.value  # type: ignore[no-any-return]


async def _execute(connection: AsyncConnection[Row], statement: Statement) -> list[Row]:
    statement_log.record(statement)
    async with connection.cursor() as cursor:
        if not statement.is_batch:
            await cursor.execute(statement.query, statement.parameters)
            return await cursor.fetchall()
        await cursor.executemany(statement.query, statement.parameters, returning=True)
        rows: list[Any] = [await cursor.fetchone()]
        while cursor.nextset():
            rows.append(await cursor.fetchone())
        return rows
