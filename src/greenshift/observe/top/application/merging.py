"""The processes of one application as one: engines of the same name are one engine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from greenshift.observe.snapshot import EngineState, Histogram, Holder, NPlusOneSite, PoolState, SlowStatement
from greenshift.observe.top.reading import ProcessReading


@dataclass(frozen=True, slots=True)
class Rates:
    """What an engine did, of late or since it is observed.

    Attributes:
        seconds: the time that was looked at, of the process of which it is longest.
        statements: per second.
        database_seconds: spent waiting for the database, per second.
        mean_seconds: of a statement; None without any.
    """

    seconds: float
    statements: float
    database_seconds: float
    mean_seconds: float | None


@dataclass(frozen=True, slots=True)
class MergedEngine:
    """An engine of one or several processes.

    Attributes:
        state: sums over the processes; holders, slow statements and N+1 loads of all of them.
        processes: how many have it.
        rates: what it did since the reading before; without one, since it is observed.
        holders: who holds its connections, with the process, the longest first.
        slow: its last slow statements, with the process, the newest first.
    """

    state: EngineState
    processes: int
    rates: Rates
    holders: tuple[tuple[int, Holder], ...]
    slow: tuple[tuple[int, SlowStatement], ...]


def merge(processes: Sequence[ProcessReading]) -> tuple[MergedEngine, ...]:
    """Return the engines of all processes, in the order in which they were first seen.

    Args:
        processes: of one application.
    """
    found: dict[str, list[tuple[ProcessReading, EngineState]]] = {}
    for process in processes:
        for engine in process.snapshot.engines:
            found.setdefault(engine.name, []).append((process, engine))
    return tuple(_merged(parts) for parts in found.values())


def _merged(parts: list[tuple[ProcessReading, EngineState]]) -> MergedEngine:
    engines = [engine for _, engine in parts]
    pids = [process.snapshot.process.pid for process, _ in parts]
    pairs = list(zip(pids, engines, strict=True))
    holders = sorted(
        ((pid, holder) for pid, engine in pairs for holder in engine.pool.holders), key=lambda one: -one[1].seconds
    )
    slow = sorted(((pid, one) for pid, engine in pairs for one in engine.slow), key=lambda one: -one[1].ended_at)
    state = replace(
        engines[0],
        statements=sum(engine.statements for engine in engines),
        errors=sum(engine.errors for engine in engines),
        database_seconds=sum(engine.database_seconds for engine in engines),
        durations=merged_histogram(engine.durations for engine in engines),
        slow_count=sum(engine.slow_count for engine in engines),
        slow=tuple(one for _, one in slow),
        n_plus_one_count=sum(engine.n_plus_one_count for engine in engines),
        n_plus_one=_sites(site for engine in engines for site in engine.n_plus_one),
        pool=_pool([engine.pool for engine in engines], tuple(holder for _, holder in holders)),
    )
    return MergedEngine(state, len(engines), _rates(parts), tuple(holders), tuple(slow))


def _rates(parts: list[tuple[ProcessReading, EngineState]]) -> Rates:
    longest, statements_per_second, busy, statements, database_seconds = 0.0, 0.0, 0.0, 0, 0.0
    for process, engine in parts:
        seconds, before = process.snapshot.process.uptime, None
        if process.previous is not None:
            before = next((one for one in process.previous.engines if one.name == engine.name), None)
            seconds = process.snapshot.at - process.previous.at
        done = engine.statements - (before.statements if before else 0)
        took = engine.database_seconds - (before.database_seconds if before else 0.0)
        # Clocks may be set back, and a process of the same number may be another.
        if seconds <= 0 or done < 0:
            continue
        longest = max(longest, seconds)
        statements_per_second += done / seconds
        busy += took / seconds
        statements += done
        database_seconds += took
    return Rates(longest, statements_per_second, busy, database_seconds / statements if statements else None)


def _pool(pools: list[PoolState], holders: tuple[Holder, ...]) -> PoolState:
    overflows = [pool.max_overflow for pool in pools]
    return replace(
        pools[0],
        size=sum(pool.size for pool in pools),
        max_overflow=None if None in overflows else sum(overflow or 0 for overflow in overflows),
        in_use=sum(pool.in_use for pool in pools),
        idle=sum(pool.idle for pool in pools),
        overflow=sum(pool.overflow for pool in pools),
        waiting=sum(pool.waiting for pool in pools),
        longest_waiting=max(pool.longest_waiting for pool in pools),
        checkouts=sum(pool.checkouts for pool in pools),
        connects=sum(pool.connects for pool in pools),
        closes=sum(pool.closes for pool in pools),
        timeouts=sum(pool.timeouts for pool in pools),
        invalidations=sum(pool.invalidations for pool in pools),
        wait=merged_histogram(pool.wait for pool in pools),
        held=merged_histogram(pool.held for pool in pools),
        holders=holders,
    )


def merged_histogram(histograms: Iterable[Histogram]) -> Histogram:
    """Return the sum of histograms; those with other buckets than the first are left out.

    Args:
        histograms: at least one.
    """
    first, *others = histograms
    same = [first, *(one for one in others if one.bounds == first.bounds)]
    counts = tuple(sum(column) for column in zip(*(one.counts for one in same), strict=True))
    return Histogram(first.bounds, counts, sum(one.sum for one in same))


def _sites(sites: Iterable[NPlusOneSite]) -> tuple[NPlusOneSite, ...]:
    found: dict[tuple[str, str, str | None], NPlusOneSite] = {}
    for site in sites:
        key = (site.attribute, site.kind, site.call_site)
        known = found.get(key)
        if known is not None:
            site = replace(
                site,
                occurrences=site.occurrences + known.occurrences,
                statements=site.statements + known.statements,
                most=max(site.most, known.most),
            )
        found[key] = site
    return tuple(sorted(found.values(), key=lambda site: -site.statements))
