"""A pool class of the other kind of engine."""

from __future__ import annotations

import re
from typing import Final

from greenshift.explain.catalogue.entry import Entry
from greenshift.explain.editing.call_arguments import remove_argument
from greenshift.explain.explanation import Explanation
from greenshift.explain.failure import Failure

_MESSAGE: Final = re.compile(r"Pool class (?P<pool>\w+) cannot be used with (?P<other>non-)?asyncio engine")


class PoolClass(Entry):
    """SQLAlchemy's refusal of a pool class."""

    kind = "wrong pool class"
    title = "The engine was given a pool class that does not fit it, such as QueuePool for an async engine"
    source = "https://docs.sqlalchemy.org/en/20/errors.html#error-pcls"

    def recognise(self, failure: Failure) -> Explanation | None:
        """Return the explanation if the pool class does not fit the engine."""
        raised = failure.find("ArgumentError", containing="Pool class")
        found = None if raised is None else _MESSAGE.search(raised.message)
        if raised is None or found is None:
            return None
        pool, sync = found["pool"], found["other"] is not None
        frame = raised.user_frame or failure.user_frame
        edits = () if frame is None else remove_argument(frame.file, frame.line, "poolclass", value=pool)
        engine = "a sync engine" if sync else "an async engine"
        because = (
            f"{pool} waits on an event loop, which a sync engine has none of."
            if sync
            else f"{pool} blocks the thread while it waits for a connection, and with it the event loop."
        )
        instead = "QueuePool" if sync else "AsyncAdaptedQueuePool"
        return Explanation(
            self.kind,
            f"{pool} cannot be the pool of {engine}",
            because,
            () if frame is None else (frame.place("given here"),),
            f"remove `poolclass={pool}`: {engine} takes {instead} by itself, and pool_size, max_overflow,\n"
            "pool_timeout and pool_recycle mean the same to it. For no pooling at all: poolclass=NullPool.",
            edits,
            unknown=() if edits else (f"where poolclass={pool} is written: not in the call of that line",),
        )
