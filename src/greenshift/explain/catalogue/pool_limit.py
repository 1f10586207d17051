"""All connections of a pool are taken, and none comes back in time."""

from __future__ import annotations

import re
from typing import Final

from greenshift.explain.catalogue.entry import Entry
from greenshift.explain.explanation import Explanation
from greenshift.explain.facts import ConnectionFact, Facts
from greenshift.explain.failure import Failure
from greenshift.explain.sites import place_of

_MESSAGE: Final = re.compile(
    r"limit of size (?P<size>\d+) overflow (?P<overflow>-?\d+) reached, connection timed out"
    r"(?:, timeout (?P<timeout>[\d.]+))?"
)
_TASK: Final = re.compile(r"Task-\d+")
_SQL_LENGTH: Final = 70


class PoolLimit(Entry):
    """A pool's timeout, with those who hold its connections."""

    kind = "pool limit reached"
    title = "All connections of the pool are taken, and none comes back within pool_timeout"
    source = "https://docs.sqlalchemy.org/en/20/errors.html#error-3o7r"

    def recognise(self, failure: Failure) -> Explanation | None:
        """Return the explanation if a pool had no connection to give in time."""
        raised = failure.find("TimeoutError", containing="connection timed out")
        found = None if raised is None else _MESSAGE.search(raised.message)
        if raised is None or found is None:
            return None
        size, overflow = int(found["size"]), int(found["overflow"])
        facts = failure.facts
        holders = () if facts is None else facts.holders
        frame = failure.user_frame
        places = [] if frame is None else [frame.place("wanted here")]
        places += [place_of(one.held_by, "held here") for one in holders if one.held_by is not None]
        waited = f" within {float(found['timeout']):g} s" if found["timeout"] else ""
        unknown = () if holders else ("who holds the connections: nothing watched the engine",)
        return Explanation(
            self.kind,
            f"{_all(size + max(overflow, 0))} taken, and nothing came back{waited}",
            _because(size, overflow, holders),
            tuple(dict.fromkeys(places)),
            _fix(facts, holders),
            unknown=unknown,
        )


def _all(limit: int) -> str:
    return "the only connection of the pool is" if limit == 1 else f"all {limit} connections of the pool are"


def _because(size: int, overflow: int, holders: tuple[ConnectionFact, ...]) -> str:
    limit = f"The pool's limit is {size + max(overflow, 0)} (pool_size={size}, max_overflow={overflow})."
    return " ".join([limit, *(_holder(one) for one in holders)])


def _holder(one: ConnectionFact) -> str:
    who = f"Task {one.task!r}" if one.task else f"Thread {one.thread!r}" if one.thread else "Somebody"
    if one.task_ended:
        who += ", which has ended,"
    text = f"{who} has held one for {one.held_seconds or 0.0:.1f} s"
    if one.held_by is not None:
        text += f", taken at {one.held_by}"
    statement = one.last_statement
    if statement is None:
        return text + ", and has run nothing on it."
    sql = " ".join(statement.sql.split())
    sql = sql if len(sql) <= _SQL_LENGTH else sql[: _SQL_LENGTH - 3] + "..."
    return f"{text}, {'running' if statement.running else 'its last statement'}: {sql}."


def _same_flow(facts: Facts, one: ConnectionFact) -> bool:
    """Return whether the waiter holds the connection itself."""
    if one.task is None or facts.task is None:
        return one.task is facts.task and one.thread == facts.thread
    # Other names are given by frameworks, to many tasks at once.
    return one.task == facts.task and _TASK.fullmatch(one.task) is not None


def _fix(facts: Facts | None, holders: tuple[ConnectionFact, ...]) -> str:
    own = [one for one in holders if facts is not None and _same_flow(facts, one)]
    if own and own[0].held_by is not None:
        waiter, place = "task" if own[0].task else "thread", own[0].held_by
        return (
            f"the {waiter} that waits holds a connection itself, taken at {place.file}:{place.line}:\n"
            "it can wait for ever. Use that session or connection for the inner work too (pass it on), or end its\n"
            "block before a second one begins. A larger pool only hides it."
        )
    lost = next((one.held_by for one in holders if one.task_ended and one.held_by is not None), None)
    if lost is not None:
        return (
            f"close what was opened at {lost.file}:{lost.line}: its task ended and never gave the connection back.\n"
            "`async with` around the session or connection closes it whatever happens."
        )
    return (
        "give connections back sooner: `async with` (or `with`) around every session and connection, no waiting for\n"
        "other services, no sleep and no response streaming inside the block. Then size the pool for the tasks and\n"
        "threads that need a connection at the same time: create_engine(..., pool_size=, max_overflow=)."
    )
