"""An observer: it has watched engines since it was installed, and says at any moment what it has seen."""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter
from typing import Self

from sqlalchemy import Engine
from sqlalchemy.pool import Pool

from greenshift import trace
from greenshift.observe.engines import Engines
from greenshift.observe.explaining import Explainer
from greenshift.observe.http import Application, Server
from greenshift.observe.loop_lag import LoopLag
from greenshift.observe.metrics import Metric, metrics_of
from greenshift.observe.snapshot import LoopLag as LoopLagState
from greenshift.observe.snapshot import ProcessState, Snapshot
from greenshift.observe.statements import StatementWatch
from greenshift.observe.tally import BATCH, Tally
from greenshift.observe.workers import Workers

_observers: weakref.WeakSet[Observer] = weakref.WeakSet()


class Observer:
    """What :func:`greenshift.observe.install` returns; also a context manager, which closes it.

    Args:
        engines: those to be observed with their names, or none for every engine.
        slow: the threshold in seconds, or None.
        explain: whether slow SELECTs are explained.
        n_plus_one: whether attribute loads are counted.
        loop_lag: whether event loops are measured.
        workers: a folder that the workers of the application share, or None.
    """

    def __init__(
        self,
        engines: Sequence[tuple[Engine, str | None]],
        *,
        slow: float | None,
        explain: bool,
        n_plus_one: bool,
        loop_lag: bool,
        workers: Path | None,
    ) -> None:
        self._slow = slow
        self._explain = explain
        self._n_plus_one = n_plus_one
        self._measure_loops = loop_lag
        self._engines = Engines(everyone=not engines)
        for engine, name in engines:
            self._engines.add(engine, name)
        self._server: Server | None = None
        self._folder = workers
        self._workers: Workers | None = None
        self._subscriptions: list[trace.Subscription] = []
        self._closed = False
        self._start()
        _observers.add(self)

    def _start(self) -> None:
        self._began = time.monotonic()
        self._explainer = Explainer() if self._explain else None
        self._loop_lag = LoopLag() if self._measure_loops else None
        self._statements = StatementWatch(
            self._engines,
            slow=self._slow,
            n_plus_one=self._n_plus_one,
            loop_lag=self._loop_lag,
            explainer=self._explainer,
        )
        if self._folder is not None:
            self._workers = Workers(self._folder, self.snapshot)
        self._subscriptions = [
            trace.executions.on_end(self._statements.executed),
            trace.streams.on_closed(self._statements.stream_closed),
            trace.pool_use.on_taken(self._make_taken()),
            trace.pool_use.on_given_back(self._make_given_back()),
            trace.pool_use.on_opened(lambda info: self._count(info, "connects")),
            trace.pool_use.on_closed(lambda info: self._count(info, "closes")),
            trace.pool_use.on_invalidated(lambda info, _: self._count(info, "invalidations")),
        ]

    def snapshot(self) -> Snapshot:
        """Return what was seen so far, and how the pools and the process are now. Safe in any thread."""
        states = (ledger.state(self._engines.owns) for ledger in self._engines.ledgers())
        lag = self._loop_lag
        return Snapshot(
            at=time.time(),
            slow_threshold=self._slow,
            process=ProcessState(
                pid=os.getpid(),
                uptime=time.monotonic() - self._began,
                threads=threading.active_count(),
                loop_lag=LoopLagState(0, 0.0, 0.0, Tally().histogram()) if lag is None else lag.state(),
            ),
            engines=tuple(state for state in states if state is not None),
        )

    def metrics(self) -> list[Metric]:
        """Return the metrics of this process; where a folder was given of all workers, with the label ``worker``."""
        if self._workers is None:
            return metrics_of(self.snapshot())
        return metrics_of(*self._workers.snapshots(), workers=True)

    @property
    def asgi(self) -> Application:
        """An ASGI application with ``/metrics`` (Prometheus) and ``/greenshift.json`` (the snapshot), to be mounted."""
        return Application(self)

    def serve(self, port: int = 0, host: str = "127.0.0.1") -> str:
        """Serve the same as :attr:`asgi` from a thread.

        Args:
            port: 0 for any that is free.
            host: an address of this machine; loopback, unless you mean others to read the statements' texts.

        Returns:
            The URL.

        Raises:
            ObserveError: the address is taken, or it is served already.
        """
        self._server = Server(self, host, port, before=self._server)
        return self._server.url

    def close(self) -> None:
        """Stop observing; nothing is left in SQLAlchemy, no thread, no timer. Safe to call twice."""
        if self._closed:
            return
        self._closed = True
        for subscription in self._subscriptions:
            subscription.close()
        for part in (self._explainer, self._loop_lag, self._server, self._workers):
            if part is not None:
                part.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _make_taken(self) -> Callable[[Pool, float, BaseException | None], None]:
        # Local names are the fastest there are.
        pools, meter_of = self._engines.pools, self._engines.meter_of

        def taken(pool: Pool, seconds: float, failure: BaseException | None) -> None:
            metered = pools.get(id(pool))
            meter = meter_of(pool) if metered is None else metered[1]
            if meter is None:
                return
            wait = meter.wait
            wait.append(seconds)
            if len(wait.new) >= BATCH:
                meter.settle()
            if failure is not None:
                meter.failed(failure)

        return taken

    def _make_given_back(self) -> Callable[[trace.ConnectionInfo, float], None]:
        pools, meter_of, statements = self._engines.pools, self._engines.meter_of, self._statements
        streams = statements.streams

        def given_back(info: trace.ConnectionInfo, since: float) -> None:
            if streams and info.checkout is not None:
                statements.given_back(info.checkout)
            metered = pools.get(info.pool_id)
            if metered is not None:
                meter = metered[1]
            else:
                pool = info.pool
                meter = None if pool is None else meter_of(pool)
            if meter is not None and since >= meter.began:
                # As many are given back as are taken, at which this is settled as well.
                meter.held.append(perf_counter() - since)

        return given_back

    def _count(self, info: trace.ConnectionInfo, name: str) -> None:
        pool = info.pool
        meter = None if pool is None else self._engines.meter_of(pool)
        if meter is not None:
            meter.count(name)

    def _forked(self) -> None:
        """Begin anew in a child: threads have stayed with the parent, and so has what was counted."""
        if self._closed:
            return
        if self._server is not None:
            self._server.abandon()
            self._server = None
        if self._workers is not None:
            self._workers.abandon()
        for subscription in self._subscriptions:
            subscription.close()
        self._engines.reset()
        self._start()


def _forked() -> None:
    for observer in list(_observers):
        observer._forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
