"""Logical connections: what SQLAlchemy takes for psycopg's."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import psycopg
from psycopg.abc import AdaptContext
from psycopg.pq import TransactionStatus

from greenshift.testing.shared_connection.cursor import LogicalCursor
from greenshift.testing.shared_connection.errors import USE_REWIND, SharedTransactionError
from greenshift.testing.shared_connection.ledger import LogicalTransaction

if TYPE_CHECKING:
    from greenshift.testing.shared_connection.shared import SharedConnection

T = TypeVar("T")


class Wait(Protocol):
    """Submits a job to the shared connection's thread and waits for its result, in whatever way fits the caller."""

    def __call__(self, shared: SharedConnection, job: Callable[[], T]) -> T:
        """Return the job's result, or raise what it raised."""
        ...


def wait_blocking(shared: SharedConnection, job: Callable[[], T]) -> T:
    """Wait by blocking the calling thread; the job needs nothing of it, also if a loop runs here."""
    future = shared.submit(job)
    try:
        return future.result()
    except KeyboardInterrupt:
        shared.abandon(future)
        raise


class LogicalInfo:
    """psycopg's ``ConnectionInfo``, but with the logical transaction's status.

    Args:
        connection: the logical connection.
    """

    def __init__(self, connection: LogicalConnection) -> None:
        self._connection = connection

    @property
    def transaction_status(self) -> TransactionStatus:
        """The state of the logical transaction."""
        transaction = self._connection.transaction
        if transaction.failed:
            return TransactionStatus.INERROR
        return TransactionStatus.INTRANS if transaction.is_open else TransactionStatus.IDLE

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection.real_connection.info, name)


class LogicalConnection:
    """A DBAPI connection with a transaction of its own inside the shared one.

    Args:
        shared: the connection that is really there.
        wait: how the caller waits for a result.
        adapters: how values are converted, as SQLAlchemy's dialect passes it to ``psycopg.connect``.
    """

    # Settings of psycopg that one transaction shared by all cannot follow; they are kept and read back.
    isolation_level: object = None
    deferrable: bool | None = None
    prepare_threshold: int | None = None

    def __init__(self, shared: SharedConnection, wait: Wait, adapters: AdaptContext | None = None) -> None:
        self.transaction = LogicalTransaction()
        self.autocommit = False
        self._shared = shared
        self._wait = wait
        self._adapters = adapters
        self._epoch = shared.transaction.epoch
        self._is_open = True
        self._handlers: list[Callable[[psycopg.errors.Diagnostic], None]] = []

    @property
    def real_connection(self) -> psycopg.Connection[Any]:
        """psycopg's own connection; what is sent through it directly bypasses the logical transaction."""
        return self._shared.transaction.connection

    @property
    def closed(self) -> bool:
        """Whether this connection was closed, or its test's transaction has been rolled back."""
        return not self._is_open or self._epoch != self._shared.transaction.epoch or self.real_connection.closed

    @property
    def broken(self) -> bool:
        """Whether the real connection was lost."""
        return self.real_connection.broken

    @property
    def info(self) -> LogicalInfo:
        """What psycopg tells about the connection."""
        return LogicalInfo(self)

    @property
    def adapters(self) -> Any:
        """How values are converted."""
        context = self.real_connection if self._adapters is None else self._adapters
        return context.adapters

    @property
    def read_only(self) -> bool | None:
        """Always None: a transaction that others write in cannot be read only."""
        return None

    @read_only.setter
    def read_only(self, value: bool | None) -> None:
        if value:
            raise SharedTransactionError("a read-only transaction cannot share isolation = 'rollback'", USE_REWIND)

    def set_autocommit(self, value: bool) -> None:
        """Make each statement a transaction of its own, or not."""
        self.autocommit = value

    def add_notice_handler(self, callback: Callable[[psycopg.errors.Diagnostic], None]) -> None:
        """Have the server's notices passed to a function until this connection is closed."""
        self._handlers.append(callback)
        self.real_connection.add_notice_handler(callback)

    def remove_notice_handler(self, callback: Callable[[psycopg.errors.Diagnostic], None]) -> None:
        """Undo :meth:`add_notice_handler`."""
        self._handlers.remove(callback)
        self.real_connection.remove_notice_handler(callback)

    def cursor(self, name: str | None = None, **options: Any) -> LogicalCursor:
        """Open a cursor; with a name, one that stays on the server."""
        self._check_open()
        return LogicalCursor(self, name, options)

    def execute(self, query: Any, parameters: Any = None, **options: Any) -> LogicalCursor:
        """Open a cursor and execute a statement with it."""
        return self.cursor().execute(query, parameters, **options)

    def commit(self) -> None:
        """Keep what this connection wrote, inside the shared transaction."""
        if self.transaction.is_open:
            self.call(lambda: self._shared.transaction.commit(self.transaction))

    def rollback(self) -> None:
        """Undo what this connection wrote since its last commit."""
        if self.transaction.is_open and not self.closed:
            self.call(lambda: self._shared.transaction.rollback(self.transaction))

    def close(self) -> None:
        """Roll back and let go, without waiting, so that even a garbage collector may call it."""
        if not self._is_open:
            return
        was_closed = self.closed
        self._is_open = False
        handlers, self._handlers = self._handlers, []
        if was_closed:
            return

        def let_go() -> None:
            for handler in handlers:
                self.real_connection.remove_notice_handler(handler)
            self._shared.transaction.rollback(self.transaction)

        self._submit(let_go)

    def terminate(self) -> None:
        """Close this connection alone; the one that others share stays."""
        self.close()

    def call(self, job: Callable[[], T]) -> T:
        """Run a job in the real connection's thread and wait for it.

        Raises:
            psycopg.InterfaceError: this connection is closed.
        """
        self._check_open()

        def run() -> T:
            # It may have waited for its turn while the test ended.
            self._check_open()
            return job()

        return self._wait(self._shared, run)

    def run_statement(self, statement: str, run: Callable[[], object]) -> None:
        """Execute a statement inside this connection's transaction."""
        self.call(
            lambda: self._shared.transaction.execute(self.transaction, statement, run, autocommit=self.autocommit)
        )

    def run_fetch(self, run: Callable[[], T]) -> T:
        """Fetch from a cursor on the server."""
        found: list[T] = []
        self.call(lambda: self._shared.transaction.fetch(self.transaction, lambda: found.append(run())))
        return found[0]

    def forget(self, job: Callable[[], object]) -> None:
        """Run a job in the real connection's thread without waiting for it."""
        if not self.closed:
            self._submit(job)

    def _submit(self, job: Callable[[], object]) -> None:
        try:
            self._shared.submit(job)
        except RuntimeError:  # the thread has ended with the shared connection
            return

    def _check_open(self) -> None:
        if self.closed:
            ended = self._is_open and self._epoch != self._shared.transaction.epoch
            raise psycopg.InterfaceError(
                "the connection belongs to a test that has ended" if ended else "the connection is closed"
            )

    def __getattr__(self, name: str) -> Any:
        if name.startswith("tpc_"):
            raise SharedTransactionError("two-phase commit cannot share isolation = 'rollback'", USE_REWIND)
        raise AttributeError(name)
