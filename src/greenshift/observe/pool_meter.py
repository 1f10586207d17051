"""What happened in an engine's pools, one after the other, as ``dispose()`` replaces them."""

from __future__ import annotations

import threading
import time
from typing import Any

from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import Pool

from greenshift import trace
from greenshift.observe.snapshot import Holder, PoolState
from greenshift.observe.tally import Tally


class PoolMeter:
    """Counts for one engine.

    Attributes:
        began: since when, in seconds of ``time.perf_counter``.
        wait: the seconds that takers waited.
        held: the seconds that connections were held.
        failures: takers that got no connection.
        timeouts: those of them that waited in vain.
    """

    __slots__ = ("_lock", "began", "closes", "connects", "failures", "held", "invalidations", "timeouts", "wait")

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin anew."""
        self._lock = threading.Lock()
        self.began = time.perf_counter()
        self.wait = Tally()
        self.held = Tally()
        self.failures = self.timeouts = self.connects = self.closes = self.invalidations = 0

    def count(self, name: str) -> None:
        """Add one to a counter.

        Args:
            name: its attribute's name.
        """
        with self._lock:
            setattr(self, name, getattr(self, name) + 1)

    def settle(self) -> None:
        """Count what was appended to ``wait`` and ``held``."""
        self.wait.fold()
        self.held.fold()

    def failed(self, error: BaseException) -> None:
        """Count a taker that got no connection.

        Args:
            error: what he got instead.
        """
        self.count("failures")
        if isinstance(error, PoolTimeout):
            self.count("timeouts")

    def state(self, pool: Pool, owns: Any) -> PoolState:
        """Return the state of the engine's pools.

        Args:
            pool: the one at present.
            owns: says of a pool whether it is, or was, the engine's.
        """
        now = time.perf_counter()
        known = [info for info in trace.connections.live() if (of := info.pool) is not None and owns(of)]
        holders = [_holder(info) for info in known if _held_since(info, self.began)]
        holders.sort(key=lambda holder: -holder.seconds)
        waits = [now - one.since for one in trace.pool_use.takers() if owns(one.pool)]
        opening = len(waits)
        in_use, idle = len(holders), sum(info.checkout is None and info.pool is pool for info in known)
        size = overflow = 0
        max_overflow: int | None = None
        # SQLAlchemy documents these of QueuePool, and so of AsyncAdaptedQueuePool; a pool of another kind has none.
        counted: Any = pool
        if hasattr(pool, "checkedout") and hasattr(pool, "size"):
            elsewhere = sum(_held_since(info, self.began) and info.pool is not pool for info in known)
            in_use, idle = counted.checkedout() + elsewhere, counted.checkedin()
            # Those that are counted as given out and that nobody holds are being opened.
            opening = max(
                0, counted.checkedout() - sum(info.pool is pool and info.checkout is not None for info in known)
            )
            size, overflow = counted.size(), max(0, counted.overflow())
            # There is no public way to it. A negative one means none.
            limit = getattr(pool, "_max_overflow", -1)
            max_overflow = limit if limit >= 0 else None
        waiting = max(0, len(waits) - opening)
        wait = self.wait.histogram()
        return PoolState(
            kind=type(pool).__name__,
            size=size,
            max_overflow=max_overflow,
            in_use=in_use,
            idle=idle,
            overflow=overflow,
            waiting=waiting,
            longest_waiting=max(waits) if waiting else 0.0,
            checkouts=wait.count - self.failures,
            connects=self.connects,
            closes=self.closes,
            timeouts=self.timeouts,
            invalidations=self.invalidations,
            wait=wait,
            held=self.held.histogram(),
            holders=tuple(holders),
        )


def _held_since(info: trace.ConnectionInfo, began: float) -> bool:
    # A forked child knows its parent's holders, who are none of its own.
    checkout = info.checkout
    return checkout is not None and checkout.since >= began


def _holder(info: trace.ConnectionInfo) -> Holder:
    checkout = info.checkout
    assert checkout is not None
    site = checkout.call_site
    return Holder(
        seconds=checkout.seconds,
        call_site=None if site is None else str(site),
        thread=checkout.thread,
        task=checkout.task_name,
        backend_pid=info.backend_pid,
    )
