"""The slow-query log: what took longer than the threshold, from which line, and why if EXPLAIN tells."""

from __future__ import annotations

import logging
import time
from collections import deque
from dataclasses import dataclass
from typing import Final

from greenshift.masking import mask
from greenshift.observe.snapshot import SlowStatement

logger: Final = logging.getLogger("greenshift.observe")

# Kept for the snapshot, of each engine.
KEPT: Final = 50
_LONGEST_TEXT: Final = 10_000


@dataclass(slots=True)
class SlowRecord:
    """A slow statement whose plan may still come; the fields of :class:`SlowStatement`."""

    sql: str
    seconds: float
    origin: str
    call_site: str | None
    ended_at: float
    error: str | None
    stream_seconds: float | None
    plan: str | None = None

    def frozen(self) -> SlowStatement:
        """Return it as it is now."""
        return SlowStatement(
            self.sql,
            self.seconds,
            self.origin,
            self.call_site,
            self.ended_at,
            self.error,
            self.stream_seconds,
            self.plan,
        )


class SlowLog:
    """The slow statements of one engine.

    Args:
        engine: its name, for the log.
    """

    def __init__(self, engine: str) -> None:
        self.engine = engine
        self.count = 0
        self._last: deque[SlowRecord] = deque(maxlen=KEPT)

    def add(
        self,
        sql: str,
        seconds: float,
        origin: str,
        call_site: str | None,
        error: BaseException | None,
        stream_seconds: float | None = None,
    ) -> SlowRecord:
        """Log a statement, and keep it.

        Args:
            sql: the text as the driver got it.
            seconds: until its answer.
            origin: what asked for it.
            call_site: the line, or None.
            error: what it ended in, or None.
            stream_seconds: until the result was closed, where it was streamed.
        """
        text = mask(sql if len(sql) <= _LONGEST_TEXT else f"{sql[:_LONGEST_TEXT]}...")
        record = SlowRecord(
            text, seconds, origin, call_site, time.time(), type(error).__name__ if error else None, stream_seconds
        )
        self.count += 1
        self._last.append(record)
        logger.warning(
            "slow statement: %.3f s%s%s, %s, at %s [%s]\n%s",
            seconds,
            "" if stream_seconds is None else f", until its result was closed {stream_seconds:.3f} s",
            "" if error is None else f", ended in {record.error}",
            origin,
            call_site or "a library's line",
            self.engine,
            text,
        )
        return record

    def last(self) -> tuple[SlowStatement, ...]:
        """Return those kept, the newest first."""
        return tuple(record.frozen() for record in reversed(list(self._last)))
