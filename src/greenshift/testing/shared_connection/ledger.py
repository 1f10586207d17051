"""Logical transactions, side by side, on the savepoints of one real transaction.

Savepoints form a stack: undoing one undoes everything after it. So each logical transaction remembers a savepoint for
each of its levels (itself, and each ``SAVEPOINT`` of its own), and each savepoint remembers whether anybody else has
written since. As long as nobody has, the level can be undone; a level that has written nothing has nothing to undo,
and simply gets a new savepoint when it goes on.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

import psycopg

from greenshift.testing.shared_connection.errors import USE_REWIND, SharedTransactionError

_GUARD = "greenshift_guard"


@dataclass(eq=False)
class _Savepoint:
    name: str
    level: _Level | None  # None once nobody needs it any more
    placed: int  # how many writes came before it
    foreign: int | None = None  # the first write of another transaction after it

    @property
    def written_by_others(self) -> bool:
        return self.foreign is not None


@dataclass(eq=False)
class _Level:
    transaction: LogicalTransaction
    name: str | None  # as the application called it; None for the transaction itself
    savepoint: _Savepoint | None = None
    wrote: bool = False  # in this level itself, not in those inside it


@dataclass(eq=False)
class LogicalTransaction:
    """The transaction of one logical connection.

    Args:
        levels: the transaction itself and its open savepoints, outermost first; empty between transactions.
        failed: whether an error has made everything but a rollback impossible, as in PostgreSQL.
    """

    levels: list[_Level] = field(default_factory=list)
    failed: bool = False

    @property
    def is_open(self) -> bool:
        """Whether a statement has been sent since the last commit or rollback."""
        return bool(self.levels)

    def has_written_since(self, position: int) -> bool:
        """Tell whether the level at a position, or one inside it, holds anything to undo."""
        return any(level.wrote for level in self.levels[position:])


class Ledger:
    """Keeps the logical transactions of one real transaction apart.

    Args:
        run: executes SQL on the real connection, in order, at the latest before its next statement.
    """

    def __init__(self, run: Callable[[str], None]) -> None:
        self._run = run
        self._stack: list[_Savepoint] = []
        self._numbers = itertools.count(1)
        self._writes = 0

    def forget(self) -> None:
        """Forget all savepoints, after the real transaction has ended and nothing can be undone any more."""
        for savepoint in self._stack:
            if savepoint.level is not None:
                savepoint.level.savepoint, savepoint.level.wrote = None, False
        self._stack.clear()

    def prepare(self, transaction: LogicalTransaction) -> bool:
        """Make the next statement of a transaction undoable.

        Returns:
            Whether a savepoint was set for this statement alone; hand it to :meth:`succeeded` or :meth:`failed`.

        Raises:
            psycopg.errors.InFailedSqlTransaction: the transaction has failed and waits for its rollback.
        """
        self._refuse_failed(transaction)
        self._begin(transaction)
        renewed = False
        for position, level in enumerate(transaction.levels):
            if transaction.has_written_since(position):
                continue
            if renewed or level.savepoint is None or level.savepoint.written_by_others:
                renewed = True
                self._renew(level)
        savepoint = transaction.levels[-1].savepoint
        if savepoint is not None and not savepoint.written_by_others:
            return False
        # Going back to the level's own savepoint would undo what others wrote after it.
        self._run(f"SAVEPOINT {_GUARD}")
        return True

    def succeeded(self, transaction: LogicalTransaction, *, wrote: bool, guarded: bool) -> None:
        """Note that a statement went well."""
        if guarded:
            self._run(f"RELEASE {_GUARD}")
        if not wrote:
            return
        self._writes += 1
        transaction.levels[-1].wrote = True
        for savepoint in self._stack:
            owner = savepoint.level
            if owner is not None and owner.transaction is not transaction and savepoint.foreign is None:
                savepoint.foreign = self._writes

    def failed(self, transaction: LogicalTransaction, *, guarded: bool) -> None:
        """Note that a statement failed; the real transaction goes on for the others at once."""
        transaction.failed = True
        if guarded:
            self._run(f"ROLLBACK TO {_GUARD}; RELEASE {_GUARD}")
            return
        level = transaction.levels[-1]
        if level.savepoint is not None:
            self._go_back_to(level.savepoint)
        level.wrote = False

    def commit(self, transaction: LogicalTransaction) -> None:
        """End a transaction and keep what it wrote; a failed one is rolled back, as PostgreSQL does."""
        if transaction.failed:
            self.rollback(transaction)
        else:
            self._end(transaction)

    def rollback(self, transaction: LogicalTransaction) -> None:
        """End a transaction and undo what it wrote.

        Raises:
            SharedTransactionError: another transaction has written in between; what this one wrote stays.
        """
        if not transaction.levels:
            return
        try:
            self._undo(transaction, 0, "rolled back")
        finally:
            self._end(transaction)

    def savepoint(self, transaction: LogicalTransaction, name: str) -> None:
        """Open a savepoint of the application's."""
        self._refuse_failed(transaction)
        self._begin(transaction)
        # The savepoint itself follows with the first statement that needs it.
        transaction.levels.append(_Level(transaction, name))

    def release(self, transaction: LogicalTransaction, name: str) -> None:
        """Close a savepoint of the application's and keep what came after it."""
        self._refuse_failed(transaction)
        position = self._position(transaction, name)
        inside = transaction.has_written_since(position)
        self._drop_levels(transaction, position)
        transaction.levels[-1].wrote = transaction.levels[-1].wrote or inside
        self._trim()

    def rollback_to(self, transaction: LogicalTransaction, name: str) -> None:
        """Undo what came after a savepoint of the application's, which stays open.

        Raises:
            SharedTransactionError: another transaction has written in between.
        """
        position = self._position(transaction, name)
        self._undo(transaction, position, "rolled back to a savepoint")
        self._drop_levels(transaction, position + 1)
        transaction.levels[position].wrote = False
        transaction.failed = False

    def _refuse_failed(self, transaction: LogicalTransaction) -> None:
        if transaction.failed:
            raise psycopg.errors.InFailedSqlTransaction(
                "current transaction is aborted, commands ignored until end of transaction block"
            )

    def _begin(self, transaction: LogicalTransaction) -> None:
        if not transaction.levels:
            transaction.levels.append(_Level(transaction, None))

    def _position(self, transaction: LogicalTransaction, name: str) -> int:
        for position in range(len(transaction.levels) - 1, 0, -1):
            if transaction.levels[position].name == name:
                return position
        self._begin(transaction)
        transaction.failed = True
        raise psycopg.errors.InvalidSavepointSpecification(f'savepoint "{name}" does not exist')

    def _renew(self, level: _Level) -> None:
        if level.savepoint is not None:
            level.savepoint.level = None
        self._trim()
        level.savepoint = _Savepoint(f"greenshift_{next(self._numbers)}", level, self._writes)
        self._run(f"SAVEPOINT {level.savepoint.name}")
        self._stack.append(level.savepoint)

    def _undo(self, transaction: LogicalTransaction, position: int, what: str) -> None:
        savepoint = transaction.levels[position].savepoint
        if savepoint is not None and not savepoint.written_by_others:
            self._go_back_to(savepoint)
        elif transaction.has_written_since(position):
            transaction.failed = True
            raise SharedTransactionError(
                f"a transaction cannot be {what}: another session wrote after it on the connection that they share",
                USE_REWIND,
            )

    def _go_back_to(self, savepoint: _Savepoint) -> None:
        self._run(f"ROLLBACK TO {savepoint.name}")
        position = self._stack.index(savepoint)
        for undone in self._stack[position + 1 :]:
            if undone.level is not None:
                undone.level.savepoint = None
        del self._stack[position + 1 :]
        for below in self._stack:
            # What others wrote has been undone with the rest.
            if below.foreign is not None and below.foreign > savepoint.placed:
                below.foreign = None

    def _end(self, transaction: LogicalTransaction) -> None:
        self._drop_levels(transaction, 0)
        transaction.failed = False
        self._trim()

    def _drop_levels(self, transaction: LogicalTransaction, position: int) -> None:
        for level in transaction.levels[position:]:
            if level.savepoint is not None:
                level.savepoint.level = None
        del transaction.levels[position:]

    def _trim(self) -> None:
        """Release the savepoints on top that nobody needs; those below others have to wait."""
        position = len(self._stack)
        while position and self._stack[position - 1].level is None:
            position -= 1
        if position < len(self._stack):
            self._run(f"RELEASE {self._stack[position].name}")
            del self._stack[position:]
