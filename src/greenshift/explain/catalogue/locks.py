"""Statements that wait for each other, or for longer than they may."""

from __future__ import annotations

import re
from typing import Final

from greenshift.explain.catalogue.bystanders import open_transactions, place_of, told
from greenshift.explain.catalogue.entry import Entry
from greenshift.explain.catalogue.server_error import ServerError, own_statement, server_error
from greenshift.explain.explanation import Explanation, Place
from greenshift.explain.facts import ConnectionFact
from greenshift.explain.failure import Failure

_WAITS: Final = re.compile(r"Process (\d+) waits for .*?; blocked by process (\d+)")
_HOLDERS: Final = 3
_NO_FACTS: Final = (
    "the other connections: nothing watched the engine (greenshift.explain.Witness, or the pytest plugin)"
)


def _failed(error: ServerError, role: str) -> tuple[Place, ...]:
    return () if error.user_frame is None else (error.user_frame.place(role),)


def _statement(error: ServerError) -> str:
    return "" if error.statement is None else f": {own_statement(error.statement)}"


class Deadlock(Entry):
    """Two transactions that wait for each other."""

    kind = "deadlock"
    title = "Two transactions each wait for a row that the other has locked"
    source = "https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-DEADLOCKS"

    def recognise(self, failure: Failure) -> Explanation | None:
        error = server_error(failure)
        if error is None or error.state != "40P01":
            return None
        others, unknown = self._others(failure, error)
        because = f"PostgreSQL ended this transaction so that the other could go on. This one ran{_statement(error)}."
        for one in others:
            because += f" The other ran ({told(one)})."
        places = [place for one in others if (place := place_of(one, "the other transaction")) is not None]
        return Explanation(
            self.kind,
            "two transactions waited for each other" + (f" in {error.table}" if error.table else ""),
            because,
            (*_failed(error, "this transaction"), *places),
            "change rows in the same order everywhere: lock them first, "
            "`select(...).where(...).order_by(Model.id).with_for_update()`, and add to a session in that order;\n"
            "keep transactions short; where it can still happen, roll back and run the whole transaction again",
            unknown=unknown,
        )

    def _others(self, failure: Failure, error: ServerError) -> tuple[list[ConnectionFact], tuple[str, ...]]:
        facts = failure.facts
        if facts is None:
            return [], (f"the other statement: {_NO_FACTS.partition(': ')[2]}",)
        own = None if facts.failing is None else facts.failing.backend_pid
        pids = {int(pid) for pair in _WAITS.findall(error.detail) for pid in pair} - {own}
        found = [one for one in facts.connections if one.backend_pid in pids and not one.failed]
        missing = pids - {one.backend_pid for one in found}
        if not missing and found:
            return found, ()
        names = ", ".join(map(str, sorted(missing))) or "?"
        return found, (f"what the server's process {names} ran: it belongs to another program",)


class LockTimeout(Entry):
    """A lock that was not to be had in time."""

    kind = "lock timeout"
    title = "A lock was held by another transaction for longer than lock_timeout, or NOWAIT was asked for"
    source = "https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-LOCK-TIMEOUT"

    def recognise(self, failure: Failure) -> Explanation | None:
        error = server_error(failure)
        if error is None or error.state != "55P03":
            return None
        waited = "could not obtain" not in error.message
        headline = (
            "the lock was not free within lock_timeout" if waited else "the lock is taken, and NOWAIT does not wait"
        )
        because = f"another transaction holds a lock that this statement needs{_statement(error)}."
        places: list[Place] = []
        unknown: tuple[str, ...] = (_NO_FACTS,)
        if failure.facts is not None:
            holders = open_transactions(failure.facts)[:_HOLDERS]
            because += "".join(f" Open at that moment: {told(one)}." for one in holders)
            places = [place for one in holders if (place := place_of(one, "open transaction")) is not None]
            unknown = ("which of the open transactions holds the lock",) if len(holders) > 1 else ()
            if not holders:
                unknown = ("who holds the lock: no other transaction of this program was open",)
        return Explanation(
            self.kind,
            headline,
            because,
            (*_failed(error, "waited here" if waited else "asked here"), *places),
            "commit or roll back the other transaction before this one needs its rows; do no slow work "
            "(requests, files) between a write and its commit;\n"
            "for work queues take what is free: `.with_for_update(skip_locked=True)`",
            unknown=unknown,
        )


class StatementTimeout(Entry):
    """A statement that ran for too long."""

    kind = "statement timeout"
    title = "A statement ran for longer than statement_timeout"
    source = "https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-STATEMENT-TIMEOUT"

    def recognise(self, failure: Failure) -> Explanation | None:
        error = server_error(failure)
        if error is None or error.state != "57014" or "statement timeout" not in error.message:
            return None
        because = f"the server cancelled it after statement_timeout{_statement(error)}."
        waiting = () if failure.facts is None else open_transactions(failure.facts)[:_HOLDERS]
        because += "".join(f" It may have waited for a lock of {told(one)}." for one in waiting)
        places = [place for one in waiting if (place := place_of(one, "open transaction")) is not None]
        return Explanation(
            self.kind,
            "the statement took longer than statement_timeout",
            because,
            (*_failed(error, "executed here"), *places),
            "look at its plan (EXPLAIN ANALYZE): an index may be missing, or it reads more rows than it needs;\n"
            "where it may take long, give it more time in its own transaction: "
            "`SET LOCAL statement_timeout = '30s'`",
            unknown=() if failure.facts is not None else ("whether it waited for a lock of another transaction",),
        )
