"""What an observer has seen, at one moment: plain data, which the exporters and ``greenshift top`` show."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from typing import Any, cast, get_args, get_origin, get_type_hints


@dataclass(frozen=True, slots=True)
class Histogram:
    """How often durations fell into fixed buckets.

    Attributes:
        bounds: the buckets' upper bounds in seconds, inclusive, ascending; the last bucket has none.
        counts: how many fell into each bucket, one more than there are bounds; not cumulative.
        sum: of all durations, in seconds.
    """

    bounds: tuple[float, ...]
    counts: tuple[int, ...]
    sum: float

    @property
    def count(self) -> int:
        """How many there were."""
        return sum(self.counts)

    def quantile(self, share: float) -> float | None:
        """Return an upper bound of a quantile: that of its bucket, in seconds.

        Args:
            share: 0.95 for the 95th percentile.

        Returns:
            None where nothing was measured; infinity where it lies in the last bucket.
        """
        wanted, seen = share * self.count, 0
        if not self.count:
            return None
        for bound, count in zip(self.bounds, self.counts, strict=False):
            seen += count
            if seen >= wanted:
                return bound
        return float("inf")

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return as_dict(self)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a connection.

    Attributes:
        seconds: for how long.
        call_site: the line of the user's code that took it, ``file:line in function``, or None.
        thread: the thread's name.
        task: the asyncio task's name, or None.
        backend_pid: the server process, or None where the driver does not tell.
    """

    seconds: float
    call_site: str | None
    thread: str
    task: str | None
    backend_pid: int | None

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return as_dict(self)


@dataclass(frozen=True, slots=True)
class PoolState:
    """An engine's pool. Counters are of the engine: they go on when ``dispose()`` replaces its pool.

    Attributes:
        kind: the pool's class: ``QueuePool``, ``AsyncAdaptedQueuePool``, ``NullPool``...
        size: ``pool_size``; 0 where the pool has no limit of that kind (NullPool).
        max_overflow: how many more it may open; None for no limit, or where the pool has none of the kind.
        in_use: connections held now.
        idle: connections open and held by nobody.
        overflow: connections open beyond ``size``.
        waiting: takers, threads or tasks, that are blocked in the pool now.
        longest_waiting: how long the longest of them has been, in seconds; 0 without any.
        checkouts: connections given out so far.
        connects: connections opened so far.
        closes: connections closed so far.
        timeouts: takers that got none within ``pool_timeout`` so far.
        invalidations: connections given up as broken so far.
        wait: how long takers waited in the pool, connections opened for them left out.
        held: how long connections were held until they were given back.
        holders: who holds connections now, the longest first.
    """

    kind: str
    size: int
    max_overflow: int | None
    in_use: int
    idle: int
    overflow: int
    waiting: int
    longest_waiting: float
    checkouts: int
    connects: int
    closes: int
    timeouts: int
    invalidations: int
    wait: Histogram
    held: Histogram
    holders: tuple[Holder, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return as_dict(self)


@dataclass(frozen=True, slots=True)
class SlowStatement:
    """A statement that took longer than the threshold.

    Attributes:
        sql: its text as the driver got it, with placeholders and no values; secrets masked.
        seconds: from handing it to the driver until its answer.
        origin: what asked for it: ``select of User``, ``lazy load of Order.lines``, ``text``...
        call_site: the line of the user's code, ``file:line in function``, or None.
        ended_at: when it ended, in seconds since 1970.
        error: the class of the error it ended in, or None.
        stream_seconds: for a streamed result, from handing it to the driver until the result was closed; else None.
        plan: the answer to EXPLAIN, or None where none was asked for, or it has not come yet.
    """

    sql: str
    seconds: float
    origin: str
    call_site: str | None
    ended_at: float
    error: str | None = None
    stream_seconds: float | None = None
    plan: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return as_dict(self)


@dataclass(frozen=True, slots=True)
class NPlusOneSite:
    """A line of code that loaded an attribute of several instances one by one.

    Attributes:
        attribute: ``Order.lines``.
        kind: ``lazy load``, ``expired`` or ``deferred``.
        call_site: the line, ``file:line in function``, or None.
        occurrences: in how many transactions.
        statements: how many statements in all.
        most: the most statements in one transaction.
    """

    attribute: str
    kind: str
    call_site: str | None
    occurrences: int
    statements: int
    most: int

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return as_dict(self)


@dataclass(frozen=True, slots=True)
class EngineState:
    """What is known of one engine.

    Attributes:
        name: as given to ``install``; otherwise its URL, masked. Unique in a snapshot.
        url: the URL, the password masked.
        driver: ``psycopg``, ``asyncpg``...
        is_async: whether it belongs to an ``AsyncEngine``.
        statements: statements that ended so far.
        errors: how many of them in an error.
        database_seconds: the sum of their durations: the time spent waiting for the database.
        durations: of the statements, from handing to the driver until the answer.
        slow_count: statements that took longer than the threshold so far.
        slow: the last of them, the newest first.
        n_plus_one_count: transactions in which an attribute of several instances was loaded one by one, so far.
        n_plus_one: the lines that did, the most statements first.
        pool: its pool.
    """

    name: str
    url: str
    driver: str
    is_async: bool
    statements: int
    errors: int
    database_seconds: float
    durations: Histogram
    slow_count: int
    slow: tuple[SlowStatement, ...]
    n_plus_one_count: int
    n_plus_one: tuple[NPlusOneSite, ...]
    pool: PoolState

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return as_dict(self)


@dataclass(frozen=True, slots=True)
class LoopLag:
    """How late the event loops of this process came to what was ready.

    Attributes:
        loops: loops that are watched now.
        last: the last measurement in seconds, or the one under way where that is longer already; of several loops
            the longest.
        max: the longest so far, in seconds.
        histogram: of all measurements.
    """

    loops: int
    last: float
    max: float
    histogram: Histogram

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return as_dict(self)


@dataclass(frozen=True, slots=True)
class ProcessState:
    """The process that is observed.

    Attributes:
        pid: its number.
        uptime: seconds since the observer was installed (in a forked child: since the fork).
        threads: Python threads alive.
        loop_lag: of its event loops.
    """

    pid: int
    uptime: float
    threads: int
    loop_lag: LoopLag

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return as_dict(self)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything at one moment.

    Attributes:
        at: when, in seconds since 1970.
        slow_threshold: from how many seconds on a statement counts as slow; None where none is asked for.
        process: the process.
        engines: in the order in which they were first seen.
    """

    at: float
    slow_threshold: float | None
    process: ProcessState
    engines: tuple[EngineState, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON: dictionaries, lists, numbers, strings and None."""
        return as_dict(self)


def as_dict(record: Any) -> dict[str, Any]:
    """Return a record of this module for JSON.

    Args:
        record: an instance of one of its dataclasses.
    """
    return {field.name: _value(getattr(record, field.name)) for field in fields(record)}


def _value(held: Any) -> Any:
    if is_dataclass(held):
        return as_dict(held)
    return [_value(one) for one in held] if isinstance(held, tuple) else held


def snapshot_from(held: dict[str, Any]) -> Snapshot:
    """Return the snapshot that :meth:`Snapshot.as_dict` gave the dictionary of, perhaps through JSON.

    Args:
        held: the dictionary. Keys that are not known are left out, as those of a later version.

    Raises:
        KeyError: a field is missing.
    """
    return cast("Snapshot", _from(Snapshot, held))


def _from(kind: Any, held: Any) -> Any:
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return cast("type[Any]", kind)(**{one.name: _from(hints[one.name], held[one.name]) for one in fields(kind)})
    if get_origin(kind) is tuple:
        return tuple(_from(get_args(kind)[0], one) for one in held)
    return held
