"""A sync engine that waits, in the event loop's own thread, for what another task of the loop would give back."""

from __future__ import annotations

import linecache
from typing import ClassVar

from greenshift.explain.blocking.explaining import SYNC_ENGINE, sync_engine_fix
from greenshift.explain.catalogue.entry import Entry
from greenshift.explain.explanation import Explanation, Place
from greenshift.explain.facts import ConnectionFact, Facts
from greenshift.explain.failure import Failure
from greenshift.trace import CallSite

_GAVE_UP = ("lock timeout", "statement timeout")


class SyncEngineInLoop(Entry):
    """A wait that cannot end: what it waits for is held by a task that cannot run meanwhile."""

    kind: ClassVar[str] = SYNC_ENGINE
    title: ClassVar[str] = "a sync engine used inside a running event loop"
    source: ClassVar[str] = "https://docs.python.org/3/library/asyncio-dev.html#running-blocking-code"

    def recognise(self, failure: Failure) -> Explanation | None:
        """Return the explanation of a lock or pool timeout that the loop brought on itself; only what was noted tells.

        Args:
            failure: what happened.
        """
        facts = failure.facts
        frame = failure.user_frame
        if facts is None or facts.loop is None or frame is None:
            return None
        waited = _waited_for_a_lock(failure, facts) or _waited_for_a_connection(failure, facts)
        if waited is None:
            return None
        what, holder = waited
        task = f" (task {holder.task})" if holder.task else ""
        where = [frame.place("called here")]
        if holder.held_by is not None:
            where.append(_place(holder.held_by, "held here"))
        return Explanation(
            kind=self.kind,
            headline=f"a sync engine waited inside the event loop for {what}, in `{frame.function}`",
            because=f"It waits in the loop's own thread, so the code that holds {what}{task} cannot go on: "
            "the wait ended only with its timeout.",
            where=tuple(where),
            fix=sync_engine_fix(frame.function),
        )


def _waited_for_a_lock(failure: Failure, facts: Facts) -> tuple[str, ConnectionFact] | None:
    failing = facts.failing
    if failing is None or failing.is_async or not any(failure.find(containing=text) for text in _GAVE_UP):
        return None
    for other in facts.connections:
        # Only a transaction of this very loop is kept from ending by the wait.
        if other.is_async and other.loop == facts.loop and other.checked_out and other.transaction_seconds is not None:
            return "the lock", other
    return None


def _waited_for_a_connection(failure: Failure, facts: Facts) -> tuple[str, ConnectionFact] | None:
    if failure.find("TimeoutError", containing="QueuePool limit") is None:
        return None
    # Held by a worker thread it comes back; held by a task of this thread's loop it does not.
    holders = [one for one in facts.holders if not one.is_async and one.task is not None]
    return ("the connection", holders[0]) if holders else None


def _place(site: CallSite, role: str) -> Place:
    code = linecache.getline(site.file, site.line).strip()
    return Place(site.file, site.line, role, site.function, code or None)
