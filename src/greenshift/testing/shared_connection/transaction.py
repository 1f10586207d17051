"""The shared transaction: everything here runs in the connection's own thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from greenshift.testing.shared_connection.catalog import Catalog
from greenshift.testing.shared_connection.errors import USE_REWIND, SharedTransactionError
from greenshift.testing.shared_connection.ledger import Ledger, LogicalTransaction
from greenshift.testing.shared_connection.statements import meaning


class SharedTransaction:
    """One real transaction in which logical ones run side by side.

    Args:
        conninfo: a libpq connection string or URL.
        epoch: how often the transaction has been rolled back; a logical connection belongs to one epoch.
        problems: what went wrong without reaching the application's code, one line each.
        committed: whether a statement ended the transaction for real.

    Raises:
        psycopg.OperationalError: the database cannot be reached.
    """

    def __init__(self, conninfo: str) -> None:
        self.epoch = 0
        self.problems: list[str] = []
        self.committed = False
        self._conninfo = conninfo
        self._pending: list[str] = []
        self._ledger = Ledger(self._pending.append)
        self._catalog = Catalog()
        self.connection = self._connect()

    def _connect(self) -> psycopg.Connection[Any]:
        # Prepared statements would outlive the types and tables that a rollback undoes.
        connection = psycopg.connect(
            self._conninfo, application_name="greenshift shared connection", prepare_threshold=None
        )
        self._catalog.read(connection)
        connection.rollback()
        return connection

    def restart(self) -> None:
        """Undo everything, and connect again where the connection was lost."""
        self._pending.clear()
        self._ledger.forget()
        if not self.connection.closed:
            try:
                self.connection.rollback()
            except psycopg.OperationalError:  # the server ended it; a new connection takes over
                self.connection.close()
        if self.connection.closed:
            self.connection = self._connect()
        elif self._catalog.outdated:
            self._catalog.read(self.connection)
            self.connection.rollback()

    def persist(self) -> None:
        """Commit for real, where the transaction can still be committed."""
        if self.connection.closed:
            return
        # A rollback to a savepoint may still be due.
        self._flush()
        self.connection.commit()
        self._ledger.forget()

    def execute(
        self, transaction: LogicalTransaction, statement: str, run: Callable[[], object], *, autocommit: bool
    ) -> None:
        """Execute a statement as part of a logical transaction.

        Args:
            transaction: the logical transaction.
            statement: its SQL, to judge it by.
            run: executes it on the real connection.
            autocommit: whether it is a transaction of its own.

        Raises:
            psycopg.Error: what the database says.
            SharedTransactionError: the statement begins or ends a transaction by hand.
        """
        found = meaning(statement, self._catalog.writing_functions)
        if found.kind == "control":
            raise SharedTransactionError(
                f"{statement.strip()[:60]!r} was sent as SQL, but isolation = 'rollback' shares one transaction",
                f"use commit() and rollback() of the session or connection, or {USE_REWIND}",
            )
        if found.kind == "savepoint":
            self._ledger.savepoint(transaction, found.name)
        elif found.kind == "release":
            self._ledger.release(transaction, found.name)
        elif found.kind == "rollback to":
            self._ledger.rollback_to(transaction, found.name)
        else:
            try:
                self._run(transaction, run, wrote=found.kind == "write")
            except psycopg.Error:
                if autocommit:
                    self._ledger.rollback(transaction)
                raise
            self._catalog.outdated = self._catalog.outdated or found.changes_schema
            if autocommit:
                self.commit(transaction)

    def fetch(self, transaction: LogicalTransaction, run: Callable[[], object]) -> None:
        """Run what reads from a cursor on the server."""
        self._run(transaction, run, wrote=False)

    def commit(self, transaction: LogicalTransaction) -> None:
        """End a logical transaction and keep what it wrote.

        Raises:
            psycopg.Error: a deferred constraint is violated; the transaction has been rolled back.
        """
        if not transaction.is_open:
            return
        if not transaction.failed:
            try:
                self._check_constraints()
            except psycopg.Error:
                self._ledger.rollback(transaction)
                raise
        self._ledger.commit(transaction)

    def rollback(self, transaction: LogicalTransaction) -> None:
        """End a logical transaction and undo what it wrote.

        Raises:
            SharedTransactionError: another one has written in between; noted as a problem as well, because SQLAlchemy
                only logs what fails while it returns a connection to the pool.
        """
        try:
            self._ledger.rollback(transaction)
        except SharedTransactionError as error:
            self.problems.append(error.problem)
            raise

    def _run(self, transaction: LogicalTransaction, run: Callable[[], object], *, wrote: bool) -> None:
        guarded = self._ledger.prepare(transaction)
        self._flush()
        try:
            run()
        except BaseException:
            self._after_failure(transaction, guarded=guarded)
            raise
        if self.connection.info.transaction_status == TransactionStatus.IDLE:
            self._note_end()
        self._ledger.succeeded(transaction, wrote=wrote, guarded=guarded)

    def _after_failure(self, transaction: LogicalTransaction, *, guarded: bool) -> None:
        status = self.connection.info.transaction_status
        if status == TransactionStatus.INERROR:
            self._ledger.failed(transaction, guarded=guarded)
            self._flush()
        elif status == TransactionStatus.INTRANS:
            # The statement never reached the server: a parameter could not be adapted.
            self._ledger.succeeded(transaction, wrote=False, guarded=guarded)
        else:
            self._ledger.forget()
            self._pending.clear()

    def _note_end(self) -> None:
        self._ledger.forget()
        self.committed = True
        problem = "a statement ended the transaction that isolation = 'rollback' shares"
        self.problems.append(problem)
        raise SharedTransactionError(problem, USE_REWIND)

    def _check_constraints(self) -> None:
        if self._catalog.outdated:
            self._flush()
            self._catalog.read(self.connection)
            # What was read inside the transaction may be undone with it.
            self._catalog.outdated = True
        if not self._catalog.has_deferrable:
            return
        self._pending.append("SAVEPOINT greenshift_check")
        self._flush()
        try:
            self.connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        except psycopg.Error:
            self._pending.append("ROLLBACK TO greenshift_check; RELEASE greenshift_check")
            self._flush()
            raise
        self._pending.append("RELEASE greenshift_check")
        again = self._catalog.defer_again(self.connection)
        if again is not None:
            self._pending.append(again)

    def _flush(self) -> None:
        """Send the savepoint statements that are due, in one round trip."""
        if self._pending:
            due = "; ".join(self._pending)
            self._pending.clear()
            self.connection.execute(due.encode("utf-8"))
