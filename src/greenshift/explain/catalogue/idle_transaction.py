"""A transaction that lay idle until the server ended it."""

from __future__ import annotations

from typing import Final

from greenshift.explain.catalogue.entry import Entry
from greenshift.explain.catalogue.server_error import own_statement, server_error
from greenshift.explain.explanation import Explanation, Place
from greenshift.explain.facts import ConnectionFact, Facts
from greenshift.explain.failure import Failure, Raised
from greenshift.explain.sites import place_of

_MESSAGE: Final = "idle-in-transaction timeout"
# asyncpg does not tell why the server closed the connection; it tells nothing of a transaction that was at work.
_IDLE_SECONDS: Final = 0.1


class IdleInTransaction(Entry):
    """A transaction held open while the program did something else."""

    kind = "idle in transaction"
    title = "The server ended a transaction that did nothing for longer than idle_in_transaction_session_timeout"
    source = (
        "https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-IDLE-IN-TRANSACTION-SESSION-TIMEOUT"
    )

    def recognise(self, failure: Failure) -> Explanation | None:
        error = server_error(failure)
        said = error.raised if error is not None and error.state == "25P03" else failure.find(containing=_MESSAGE)
        facts = failure.facts
        guessed = said is None
        if said is None:
            said = _found_closed(failure)
            if said is None or facts is None or not _lay_idle(facts):
                return None
        frame = said.user_frame or failure.user_frame
        places = [] if frame is None else [frame.place("used again here")]
        because, unknown = "the server closes a connection whose transaction does nothing for that long.", []
        if facts is None or facts.failing is None or facts.failing.previous_statement is None:
            unknown.append("which statement it lay idle after, and for how long: nothing watched the engine")
        else:
            told, more = _idle(facts.failing)
            because += told
            places += more
        if guessed:
            unknown.append(
                "the server's own words, which asyncpg does not pass on: a restart of the server, or a proxy, "
                "reads the same (SHOW idle_in_transaction_session_timeout)"
            )
        return Explanation(
            self.kind,
            "the connection was closed while its transaction lay idle",
            because,
            tuple(places),
            "commit (or close the session) before slow work: requests, files, sleeps, waiting for a user; read what it "
            "needs first, and begin a new transaction afterwards.\n"
            "a SELECT begins a transaction too. The session is to be rolled back or closed before it is used again",
            unknown=tuple(unknown),
        )


def _found_closed(failure: Failure) -> Raised | None:
    """Return what asyncpg raised of a connection that was closed before the statement was sent, or None."""
    # Which of the three depends on how far the event loop has come to read what the server left: all of it, its
    # last message without the end behind it (state 2), or nothing, since the program kept the loop busy.
    said = failure.find("InterfaceError", containing="connection is closed")
    said = said or failure.find("InternalClientError", containing="another operation (2) is in progress")
    if said is None and failure.find("BrokenPipeError", "ConnectionResetError"):
        said = failure.find("ConnectionDoesNotExistError", containing="closed in the middle of operation")
    return said


def _lay_idle(facts: Facts) -> bool:
    """Return whether the failing connection was in a transaction that had done something, and then nothing."""
    failing = facts.failing
    if failing is None or failing.transaction_seconds is None or failing.previous_statement is None:
        return False
    return _IDLE_SECONDS <= failing.previous_statement.seconds_ago <= failing.transaction_seconds


def _idle(connection: ConnectionFact) -> tuple[str, list[Place]]:
    last = connection.previous_statement
    assert last is not None
    told = f" It did nothing for {last.seconds_ago:.1f} s after: {own_statement(last.sql)}."
    places = []
    if last.call_site is not None:
        places.append(place_of(last.call_site, "idle since here"))
    if connection.held_by is not None and connection.held_by != last.call_site:
        places.append(place_of(connection.held_by, "begun here"))
    return told, places
