"""One replica: whether reads may go to it at this moment."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine, ExceptionContext, event, text

from routing.position import Position

logger = logging.getLogger(__name__)

# Whoever may log in may ask this. Without a receiver nothing new arrives, so "all that was received is replayed" would
# mean nothing; and a server that was promoted is no replica any more.
STATE = text("""
SELECT pg_last_wal_replay_lsn()::text AS replayed,
       pg_is_in_recovery() AND EXISTS (SELECT FROM pg_stat_wal_receiver) AS follows,
       CASE WHEN pg_last_wal_receive_lsn() <= pg_last_wal_replay_lsn() THEN 0
            ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) END::float8 AS lag
""")


@dataclass(frozen=True)
class State:
    """What a replica answered.

    Args:
        replayed: up to where it has replayed; None where it did not say.
        lag: how many seconds it is behind; None where it is down, follows no primary, or cannot tell.
        reason: why it is unfit, or None.
    """

    replayed: Position | None
    lag: float | None
    reason: str | None = None


class Replica:
    """A replica that is asked for its state at most once in a while, and left alone while it is down or behind.

    Args:
        engine: of the replica; of an async engine, its ``sync_engine``.
        lag_limit: from how many seconds behind on reads go elsewhere.
        check_every: for how many seconds an answer holds.
        clock: tells the seconds.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        lag_limit: float = 5.0,
        check_every: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.engine = engine
        self.lag_limit = lag_limit
        self.check_every = check_every
        self._clock = clock
        self._state = State(None, None, "it was not asked yet")
        self._checked: float | None = None
        self._checking = threading.Lock()
        # No transaction around the question, and none left open.
        self._asking = engine.execution_options(isolation_level="AUTOCOMMIT")
        event.listen(engine, "handle_error", self._notice_disconnect)

    @property
    def state(self) -> State:
        """Its last answer."""
        return self._state

    def serves(self, position: Position | None) -> bool:
        """Whether reads may go to it, given that it must show everything up to a position."""
        is_due = self._checked is None or self._clock() - self._checked >= self.check_every
        # One asks, and the others go by the last answer meanwhile.
        if is_due and self._checking.acquire(blocking=False):
            try:
                self.check()
            finally:
                self._checking.release()
        if self._state.reason is not None:
            return False
        if position is None:
            return True
        if not self._has_replayed(position):
            self.check()
        return self._state.reason is None and self._has_replayed(position)

    def check(self) -> State:
        """Ask it for its state now."""
        try:
            with self._asking.connect() as connection:
                row = connection.execute(STATE).one()
        except Exception as error:  # each driver has its own for a server that is not there
            state = State(None, None, f"it does not answer: {type(error).__name__}")
        else:
            replayed = Position.parse(row.replayed) if row.replayed is not None else None
            state = State(replayed, row.lag, self._unfit(row.follows, row.lag))
        if state.reason != self._state.reason:
            host = self.engine.url.host or self.engine.url.query.get("host")
            logger.info("reads from the replica %s: %s", host, state.reason or "yes")
        self._state = state
        self._checked = self._clock()
        return state

    def _unfit(self, follows: bool, lag: float | None) -> str | None:
        if not follows:
            return "it follows no primary"
        if lag is None or lag > self.lag_limit:
            return f"it is behind by more than {self.lag_limit:g} s"
        return None

    def _has_replayed(self, position: Position) -> bool:
        return self._state.replayed is not None and self._state.replayed >= position

    def _notice_disconnect(self, context: ExceptionContext) -> None:
        # The statement fails, and so does its request; the next one reads elsewhere.
        if context.is_disconnect:
            self._state = State(None, None, "its connection broke")
            self._checked = self._clock()
