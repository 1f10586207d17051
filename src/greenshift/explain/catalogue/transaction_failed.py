"""A transaction that goes on although one of its statements has failed."""

from __future__ import annotations

import re
from typing import Final

from greenshift.explain.catalogue.entry import Entry
from greenshift.explain.catalogue.server_error import server_error
from greenshift.explain.explanation import Explanation, Place
from greenshift.explain.failure import Failure, Raised
from greenshift.explain.sites import place_of

_ORIGINAL: Final = re.compile(r"Original exception was: (?P<text>.*)")
_CLASS: Final = re.compile(r"^\((?P<driver>[\w.]+)\) (?:<class '(?P<inner>[\w.]+)'>: )?")
_ECHOES: Final = ("PendingRollbackError", "InFailedSqlTransaction", "InFailedSQLTransactionError")


class TransactionAlreadyFailed(Entry):
    """A statement after an error that was caught and not rolled back."""

    kind = "transaction already failed"
    title = "An earlier statement failed and was caught, but its transaction was not rolled back"
    source = "https://docs.sqlalchemy.org/en/20/faq/sessions.html#this-session-s-transaction-has-been-rolled-back-due-to-a-previous-exception-during-flush-or-similar"

    def recognise(self, failure: Failure) -> Explanation | None:
        pending = failure.find("PendingRollbackError")
        error = None if pending is not None else server_error(failure)
        if pending is None and (error is None or error.state != "25P02"):
            return None
        raised = pending or (failure.chain[0] if error is None else error.raised)
        frame = raised.user_frame or failure.user_frame
        first, places = _earlier(failure, raised)
        lost = pending is not None and "Can't reconnect" in pending.message
        if lost:
            headline = "the transaction is gone with its connection, and was not rolled back"
            because = "the connection was lost, and what was open on it cannot go on."
        else:
            headline = "the transaction failed earlier, and was not rolled back"
            because = (
                "after an error a transaction takes no more statements; the error was caught and the work went on."
            )
        if first is not None:
            because += f" It was: {first}."
        return Explanation(
            self.kind,
            headline,
            because,
            (*(() if frame is None else (frame.place("used again here"),)), *places),
            "in the `except`, `await session.rollback()` (without await for a sync session) before anything else;\n"
            "where the statement may fail and the rest must stay, give it a savepoint: "
            "`async with session.begin_nested(): ...` inside the `try`, with the flush in it",
            unknown=() if first is not None else ("the earlier error: it is not in what was given",),
        )


def _earlier(failure: Failure, raised: Raised) -> tuple[str | None, list[Place]]:
    """Return the error that came first, without its values, and its line."""
    facts = failure.facts
    previous = None if facts is None or facts.failing is None else facts.failing.previous_statement
    for one in failure.chain[failure.chain.index(raised) + 1 :] if raised in failure.chain else ():
        own = one.frames and one.user_frame is not None and one.type_name not in _ECHOES
        if own and not _is_echo(one):
            frame = one.user_frame
            return _short(one.type_name, one.message), [] if frame is None else [frame.place("failed here")]
    if found := _ORIGINAL.search(raised.message):
        return _short("", found["text"]), []
    if previous is not None and previous.error is not None:
        site = previous.call_site
        places = [] if site is None else [place_of(site, "failed here")]
        return previous.error, places
    return None, []


def _is_echo(raised: Raised) -> bool:
    return "current transaction is aborted" in raised.message


def _short(type_name: str, message: str) -> str:
    """Return an error's class and first line; PostgreSQL's DETAIL, which holds values, comes behind it."""
    lines = [line for line in message.splitlines() if not line.startswith("(raised as a result of")]
    line = lines[0] if lines else ""
    found = _CLASS.match(line)
    if found is not None:
        type_name = (found["inner"] or found["driver"]).rpartition(".")[2]
        line = line[found.end() :]
    return f"{type_name}: {line}" if type_name else line
