"""The metrics of a snapshot, in a form that the exporters share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

from greenshift.observe.snapshot import EngineState, Histogram, ProcessState, Snapshot

Kind = Literal["counter", "gauge", "histogram"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    Attributes:
        name: as Prometheus names it, a counter without ``_total``.
        kind: ``counter``, ``gauge`` or ``histogram``.
        help: what it says.
        unit: ``s`` for seconds, otherwise what is counted, in braces.
        samples: its values, a :class:`Histogram` for a histogram, each with its labels.
    """

    name: str
    kind: Kind
    help: str
    unit: str
    samples: tuple[tuple[dict[str, str], float | Histogram], ...]


@dataclass(frozen=True, slots=True)
class _OfEngine:
    name: str
    kind: Kind
    unit: str
    help: str
    value: Callable[[EngineState], Any]


def _oldest(state: EngineState) -> float:
    holders = state.pool.holders
    return holders[0].seconds if holders else 0.0


_OF_ENGINES: Final = (
    _OfEngine("greenshift_statement_seconds", "histogram", "s", "Statements by duration.", lambda e: e.durations),
    _OfEngine("greenshift_statement_errors", "counter", "{statement}", "Statements that failed.", lambda e: e.errors),
    _OfEngine(
        "greenshift_slow_statements", "counter", "{statement}", "Statements over the threshold.", lambda e: e.slow_count
    ),
    _OfEngine(
        "greenshift_n_plus_one",
        "counter",
        "{transaction}",
        "Transactions in which a line loaded an attribute of several instances one by one.",
        lambda e: e.n_plus_one_count,
    ),
    _OfEngine("greenshift_pool_size", "gauge", "{connection}", "Size of the pool.", lambda e: e.pool.size),
    _OfEngine(
        "greenshift_pool_max_overflow",
        "gauge",
        "{connection}",
        "Connections that the pool may open beyond its size; +Inf for no limit.",
        lambda e: float("inf") if e.pool.max_overflow is None else e.pool.max_overflow,
    ),
    _OfEngine("greenshift_pool_in_use", "gauge", "{connection}", "Connections held.", lambda e: e.pool.in_use),
    _OfEngine("greenshift_pool_idle", "gauge", "{connection}", "Connections held by nobody.", lambda e: e.pool.idle),
    _OfEngine(
        "greenshift_pool_overflow", "gauge", "{connection}", "Connections beyond the size.", lambda e: e.pool.overflow
    ),
    _OfEngine("greenshift_pool_waiting", "gauge", "{taker}", "Takers blocked in the pool.", lambda e: e.pool.waiting),
    _OfEngine(
        "greenshift_pool_longest_waiting_seconds",
        "gauge",
        "s",
        "How long the longest of them has been.",
        lambda e: e.pool.longest_waiting,
    ),
    _OfEngine(
        "greenshift_pool_oldest_holder_seconds", "gauge", "s", "How long a connection has been held at most.", _oldest
    ),
    _OfEngine(
        "greenshift_pool_wait_seconds", "histogram", "s", "Takers by how long they waited.", lambda e: e.pool.wait
    ),
    _OfEngine(
        "greenshift_pool_held_seconds",
        "histogram",
        "s",
        "Connections given back by how long held.",
        lambda e: e.pool.held,
    ),
    _OfEngine(
        "greenshift_pool_timeouts", "counter", "{taker}", "Takers that waited in vain.", lambda e: e.pool.timeouts
    ),
    _OfEngine(
        "greenshift_pool_invalidations",
        "counter",
        "{connection}",
        "Connections given up as broken.",
        lambda e: e.pool.invalidations,
    ),
    _OfEngine("greenshift_pool_connects", "counter", "{connection}", "Connections opened.", lambda e: e.pool.connects),
    _OfEngine("greenshift_pool_closes", "counter", "{connection}", "Connections closed.", lambda e: e.pool.closes),
)


def metrics_of(*snapshots: Snapshot, workers: bool = False) -> list[Metric]:
    """Return the metrics; those of engines carry the labels ``engine`` and ``driver``.

    Args:
        snapshots: of one process or several at one moment.
        workers: whether all metrics carry the label ``worker`` too, the process's number.
    """
    whose = [({"worker": str(one.process.pid)} if workers else {}, one) for one in snapshots]
    labelled = [
        ({"engine": state.name, "driver": state.driver, **worker}, state)
        for worker, snapshot in whose
        for state in snapshot.engines
    ]
    found = [
        Metric(one.name, one.kind, one.help, one.unit, tuple((labels, one.value(state)) for labels, state in labelled))
        for one in _OF_ENGINES
    ]
    of_processes: dict[str, Metric] = {}
    for worker, snapshot in whose:
        for name, kind, unit, text, value in _of_process(snapshot.process):
            before = of_processes[name].samples if name in of_processes else ()
            of_processes[name] = Metric(name, kind, text, unit, (*before, (worker, value)))
    return [*found, *of_processes.values()]


def _of_process(process: ProcessState) -> tuple[tuple[str, Kind, str, str, float | Histogram], ...]:
    lag = process.loop_lag
    return (
        (
            "greenshift_loop_lag_seconds",
            "histogram",
            "s",
            "How late event loops came to what was ready.",
            lag.histogram,
        ),
        ("greenshift_loop_lag_last_seconds", "gauge", "s", "The last measurement, or the one under way.", lag.last),
        ("greenshift_loops", "gauge", "{loop}", "Event loops that run statements.", lag.loops),
        ("greenshift_threads", "gauge", "{thread}", "Python threads.", process.threads),
    )
