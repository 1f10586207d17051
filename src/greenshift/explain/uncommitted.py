"""Writes that were never committed, and the reads of other transactions that could not see them."""

from __future__ import annotations

import re
import time
from collections import deque
from dataclasses import dataclass
from typing import Any, Final

from greenshift import trace
from greenshift.explain.explanation import Edit, Explanation, Place
from greenshift.explain.leaving import Leaving, leaving
from greenshift.explain.sites import place_of
from greenshift.trace import ConnectionInfo, Statement

KIND: Final = "commit forgotten"
SOURCE: Final = "https://docs.sqlalchemy.org/en/20/orm/session_basics.html#committing"

_WRITES: Final = frozenset({"INSERT", "UPDATE", "DELETE"})
_READS: Final = frozenset({"SELECT", "WITH"})
_COMMON: Final = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE"})
_SAVEPOINTS: Final = frozenset({"SAVEPOINT", "RELEASE", "ROLLBACK"})
_HEAD: Final = re.compile(r"\s*([A-Za-z]+)")
_WRITTEN: Final = re.compile(r'\s*(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+(?:ONLY\s+)?([\w."]+)', re.IGNORECASE)
_AGGREGATE: Final = re.compile(r"\b(?:count|sum|min|max|exists|bool_or|avg)\s*\(", re.IGNORECASE)
_TRANSACTION_LIMIT: Final = 200
_LIMIT: Final = 300
_EXPLAINED: Final = 3


@dataclass(frozen=True)
class _Transaction:
    """The writes of a transaction that was not committed; ``ended`` is None while it is open."""

    writes: tuple[Statement, ...]
    ended: float | None
    leaving: Leaving


class Uncommitted:
    """Remembers writes without a commit until :meth:`close`; also a context manager.

    Its work at each statement is to look at the first word. What it means is found out when somebody asks.
    """

    def __init__(self) -> None:
        # None: a statement of the transaction failed, which ends in a rollback on purpose.
        self._open: dict[ConnectionInfo, list[Statement] | None] = {}
        self._lost: deque[_Transaction] = deque(maxlen=_LIMIT)
        self._committed: deque[tuple[float, tuple[Statement, ...]]] = deque(maxlen=_LIMIT)
        self._reads: deque[Statement] = deque(maxlen=_LIMIT)
        self._subscriptions: list[Any] = [
            trace.subscribe(self._statement_ended),
            trace.transactions.on_end(self._transaction_ended),
        ]

    def close(self) -> None:
        """Stop watching; what was seen remains."""
        for subscription in self._subscriptions:
            subscription.close()
        self._subscriptions = []

    def __enter__(self) -> Uncommitted:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def forget(self) -> None:
        """Forget what was seen so far, as when a test begins."""
        self._open.clear()
        self._lost.clear()
        self._committed.clear()
        self._reads.clear()

    def _statement_ended(self, statement: Statement) -> None:
        info = statement.connection
        if info.in_transaction_since is None:
            return
        # As SQLAlchemy writes it; other texts are looked at more closely.
        head = statement.sql[:6]
        if head not in _COMMON:
            found = _HEAD.match(statement.sql)
            head = found[1].upper() if found else ""
        if statement.error is not None:
            self._open[info] = None
        elif head in _READS:
            if self._open or self._lost:
                self._reads.append(statement)
        elif head in _WRITES or head in _SAVEPOINTS:
            writes = self._open.setdefault(info, [])
            if writes is not None and len(writes) < _TRANSACTION_LIMIT:
                writes.append(statement)
                if head == "ROLLBACK":
                    _undo(writes)

    def _transaction_ended(self, info: ConnectionInfo, committed: bool) -> None:
        writes = self._open.pop(info, None)
        if not writes:
            return
        now = time.perf_counter()
        if committed:
            self._committed.append((now, tuple(writes)))
            return
        how = leaving()
        if how != "rolled back":
            self._lost.append(_Transaction(tuple(writes), now, how))

    def explanations(self) -> list[Explanation]:
        """Return what was written, not committed, and then read elsewhere: the latest reads first, three at most."""
        # Copied in one step each: other threads may be at work.
        still_open = list(self._open.values())
        transactions = [*list(self._lost), *(_Transaction(tuple(one), None, "left") for one in still_open if one)]
        reads, committed = list(self._reads), list(self._committed)
        found: dict[tuple[object, object], tuple[bool, float, Explanation]] = {}
        for transaction in transactions:
            for write in transaction.writes:
                table = _table(write)
                if table is None or write.rows == 0:
                    continue
                read = _missed(transaction, write, table, reads, committed)
                if read is not None:
                    key = (write.call_site, read.call_site)
                    found[key] = (read.rows == 0, read.started, _explanation(transaction, write, read, table))
        ranked = sorted(found.values(), key=lambda one: one[:2], reverse=True)
        return [explanation for *_, explanation in ranked[:_EXPLAINED]]

    def attach(self, error: BaseException) -> None:
        """Let an exception that nothing else explains carry the likeliest explanation, if there is one.

        Args:
            error: what a test raised because it did not find what was written.
        """
        found = self.explanations()
        if found:
            try:
                error.explanation = found[0]  # type: ignore[attr-defined]
            except AttributeError:
                pass


def _undo(writes: list[Statement]) -> None:
    """Take back the writes since a savepoint: ``ROLLBACK TO SAVEPOINT name`` is the last of them."""
    name = writes.pop().sql.split()[-1]
    while writes and writes[-1].sql.split() != ["SAVEPOINT", name]:
        writes.pop()


def _table(statement: Statement) -> str | None:
    found = _WRITTEN.match(statement.sql)
    return None if found is None else found[1].rpartition(".")[2].strip('"')


def _missed(
    transaction: _Transaction,
    write: Statement,
    table: str,
    reads: list[Statement],
    committed: list[tuple[float, tuple[Statement, ...]]],
) -> Statement | None:
    """Return the read that most likely missed a write: the last that came back empty, or else the last."""
    written = write.started + write.duration
    pattern = re.compile(rf'(?:\bFROM|\bJOIN|,)\s+(?:\w+\.|"[^"]+"\.)?"?{re.escape(table)}"?(?![\w.])', re.IGNORECASE)
    candidates: list[Statement] = []
    for read in reads:
        if read.started < written or read.connection.database != write.connection.database:
            continue
        if pattern.search(read.sql) is None:
            continue
        over = transaction.ended is not None and read.started > transaction.ended
        if over:
            again = any(
                written < end < read.started and any(_table(one) == table for one in writes)
                for end, writes in committed
            )
            if again or transaction.leaving == "exception":
                continue
        elif _is_same(read.connection, write.connection):
            continue
        candidates.append(read)
    empty = [read for read in candidates if read.rows == 0]
    return empty[-1] if empty else candidates[-1] if candidates else None


def _is_same(one: ConnectionInfo, other: ConnectionInfo) -> bool:
    """Return whether two connections are one to the server: a test's sandbox may share it among engines."""
    return one is other or (one.backend_pid is not None and one.backend_pid == other.backend_pid)


def _explanation(transaction: _Transaction, write: Statement, read: Statement, table: str) -> Explanation:
    last = [one for one in transaction.writes if _table(one) is not None][-1]
    released = any(one.sql.startswith("RELEASE") for one in transaction.writes[transaction.writes.index(write) :])
    edit, call = _edits(last)
    is_open = transaction.ended is None or read.started < transaction.ended
    state = "was still open when it was read" if is_open else "was left without a commit, which rolls it back"
    verb = {"I": "inserted into", "U": "updated in", "D": "deleted from"}[write.sql.lstrip()[0].upper()]
    unknown: tuple[str, ...] = ()
    if read.rows and not _AGGREGATE.search(read.sql):
        unknown = (f"whether the read missed just this row: it returned {read.rows}",)
    because = f"the transaction that wrote it {state}; a flush sends the rows, but others see only what is committed."
    fix = (
        f"`{call}` after the write, before it is read elsewhere;\n"
        "where `session.begin()` is a block, which commits at its end, read behind it"
    )
    if released:
        because += " A savepoint was released since, which commits nothing."
        fix = (
            "commit the transaction around the savepoint.\n"
            "Where the session joined a connection's transaction (a test's sandbox), its commit() only releases a "
            "savepoint: read through the same connection, or use no sandbox"
        )
    return Explanation(
        KIND,
        f"what was {verb} {table} was not committed, and is read in another transaction",
        because,
        (*_places(write, "written here"), *_places(read, "read here")),
        fix,
        () if released else edit,
        unknown,
    )


def _edits(last: Statement) -> tuple[tuple[Edit, ...], str]:
    plain = f"{'await ' if last.is_async else ''}session.commit()"
    site = last.call_site
    if site is None:
        return (), plain
    # Imported when it is wanted: it needs LibCST.
    from greenshift.explain.editing.committing import commit_after

    found = commit_after(site.file, site.line, is_async=last.is_async)
    return ((), plain) if found is None else ((found,), found.new.strip())


def _places(statement: Statement, role: str) -> tuple[Place, ...]:
    site = statement.call_site
    return () if site is None else (place_of(site, role),)
