"""What happens at every statement, in the application's own thread: as little as can be."""

from __future__ import annotations

from asyncio import _get_running_loop
from collections.abc import Callable
from time import perf_counter
from typing import Any, Final, NamedTuple

from sqlalchemy.engine.interfaces import ExecutionContext

from greenshift import trace
from greenshift.observe.engines import Engines
from greenshift.observe.explaining import Explainer
from greenshift.observe.ledger import Ledger
from greenshift.observe.loop_lag import LoopLag
from greenshift.observe.tally import BATCH

# Of a statement that reading an attribute did not cause, every so manieth execution is looked at again.
_LOOK_AGAIN: Final = 32
_MOST_SEEN: Final = 4096


class _Stream(NamedTuple):
    ledger: Ledger
    sql: str
    seconds: float
    origin: str
    site: str | None
    began: float
    checkout: Any


class StatementWatch:
    """Counts statements and finds the slow ones.

    Args:
        engines: which are observed.
        slow: the threshold in seconds, or None.
        n_plus_one: whether attribute loads are counted.
        loop_lag: is told of the loops on which statements run, or None.
        explainer: explains slow SELECTs, or None.

    Attributes:
        streams: the streamed results that are open, by the identity of the execution context, which each keeps alive.
    """

    def __init__(
        self,
        engines: Engines,
        *,
        slow: float | None,
        n_plus_one: bool,
        loop_lag: LoopLag | None,
        explainer: Explainer | None,
    ) -> None:
        self._engines = engines
        self._slow = slow
        self._explainer = explainer
        self.streams: dict[int, _Stream] = {}
        # By the identity of the compiled statement: how many executions may pass without looking at the stack.
        self._pass: dict[int, int] = {}
        self.executed = self._make_executed(n_plus_one, loop_lag)

    def _make_executed(
        self, n_plus_one: bool, loop_lag: LoopLag | None
    ) -> Callable[[ExecutionContext, str, float, BaseException | None], None]:
        # Local names are the fastest there are.
        ledgers = self._engines.by_dialect
        passing = self._pass
        threshold = float("inf") if self._slow is None else self._slow
        watched = None if loop_lag is None else loop_lag.watched

        def executed(context: ExecutionContext, sql: str, seconds: float, error: BaseException | None) -> None:
            ledger = ledgers.get(context.dialect)
            if ledger is None:
                ledger = self._engines.of_engine(context.root_connection.engine)
                if ledger is None:
                    return
            durations = ledger.durations
            durations.append(seconds)
            if len(durations.new) >= BATCH:
                durations.fold()
            if error is not None:
                ledger.errors += 1
            if context.execution_options.get("stream_results") and error is None:
                self._begin_stream(ledger, context, sql, seconds)
            elif seconds >= threshold:
                self._is_slow(ledger, context, sql, seconds, error)
            if n_plus_one:
                key = id(context.compiled)
                left = passing.get(key, 0)
                if left:
                    passing[key] = left - 1
                else:
                    self._look(ledger, context, key)
            if watched is not None:
                loop = _get_running_loop()
                if loop is not None and id(loop) not in watched and loop_lag is not None:
                    loop_lag.watch(loop)

        return executed

    def _look(self, ledger: Ledger, context: ExecutionContext, key: int) -> None:
        read = trace.executions.attribute_read(context)
        if read is not None:
            ledger.n_plus_one.add(context, *read)
            return
        if len(self._pass) >= _MOST_SEEN:
            self._pass.clear()
        self._pass[key] = _LOOK_AGAIN

    def _is_slow(
        self, ledger: Ledger, context: ExecutionContext, sql: str, seconds: float, error: BaseException | None
    ) -> None:
        site, origin = trace.executions.look_around(context)
        record = ledger.slow.add(sql, seconds, str(origin), None if site is None else str(site), error)
        if self._explainer is not None:
            self._explainer.ask(context.root_connection.engine, sql, record)

    def _begin_stream(self, ledger: Ledger, context: ExecutionContext, sql: str, seconds: float) -> None:
        site, origin = trace.executions.look_around(context)
        line = None if site is None else str(site)
        info = context.root_connection.connection.info.get(trace.connections.INFO_KEY)
        checkout = None if info is None else info.checkout
        began = perf_counter() - seconds
        self.streams[id(context)] = _Stream(ledger, sql, seconds, str(origin), line, began, checkout)

    def stream_closed(self, context: ExecutionContext) -> None:
        """Take it that a streamed result has been closed.

        Args:
            context: of its statement.
        """
        stream = self.streams.pop(id(context), None)
        if stream is not None:
            self._end_stream(stream, context)

    def given_back(self, checkout: trace.Checkout) -> None:
        """Take it that a connection has been given back: streamed results of it have ended.

        Args:
            checkout: who held it.
        """
        for key, stream in list(self.streams.items()):
            if stream.checkout is checkout:
                self.streams.pop(key, None)
                self._end_stream(stream, None)

    def _end_stream(self, stream: _Stream, context: ExecutionContext | None) -> None:
        whole = perf_counter() - stream.began
        if self._slow is None or whole < self._slow:
            return
        record = stream.ledger.slow.add(stream.sql, stream.seconds, stream.origin, stream.site, None, whole)
        if self._explainer is not None and context is not None:
            self._explainer.ask(context.root_connection.engine, stream.sql, record)

    def reset(self) -> None:
        """Forget what was under way, in a forked child."""
        self.streams.clear()
