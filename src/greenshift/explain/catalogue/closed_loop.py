"""A connection outlived its event loop."""

from __future__ import annotations

from greenshift.explain.catalogue.different_loop import engine_name
from greenshift.explain.catalogue.entry import Entry
from greenshift.explain.explanation import Explanation
from greenshift.explain.failure import Failure
from greenshift.explain.libraries import DATABASE, passes_through


class ClosedLoop(Entry):
    """``Event loop is closed``, mostly logged while a connection is being closed."""

    kind = "event loop is closed"
    title = "A connection is closed or used after its event loop has ended"
    source = "https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#using-multiple-asyncio-event-loops"

    def recognise(self, failure: Failure) -> Explanation | None:
        """Return the explanation if SQLAlchemy or a driver met a closed loop."""
        if failure.find("RuntimeError", containing="Event loop is closed") is None:
            return None
        if not passes_through(failure, *DATABASE):
            return None
        name = engine_name(failure)
        collected = passes_through(failure, "sqlalchemy/pool") and not passes_through(failure, "sqlalchemy/engine")
        frame = failure.user_frame
        unknown = ["which code left the connection open: it was closed later, by the pool or the garbage collector"]
        if not failure.live:
            unknown = [*unknown, "whether the program went on: SQLAlchemy logs this error and hides it otherwise"]
        return Explanation(
            self.kind,
            "a connection was closed after its event loop had ended"
            if collected
            else "a connection was used after its event loop had ended",
            "A connection of an async engine talks through the event loop that opened it. That loop has been closed "
            "while the connection was still in the pool, or in a session that nobody closed.",
            () if frame is None else (frame.place("noticed here"),),
            f"`await {name}.dispose()` as the last thing on the loop that used it (in a `finally` of main(), in the\n"
            "application's lifespan, in the fixture's teardown), and close every session and connection before:\n"
            f"`async with AsyncSession({name}) as session:`.",
            unknown=tuple(unknown),
        )
