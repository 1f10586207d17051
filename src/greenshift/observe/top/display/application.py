"""An application on the terminal: its processes, engines, pools, and who holds connections."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from greenshift.observe.snapshot import PoolState, SlowStatement
from greenshift.observe.top.application.merging import MergedEngine, merge
from greenshift.observe.top.display.formats import bar, duration, number
from greenshift.observe.top.display.section import Section
from greenshift.observe.top.reading import ProcessReading
from greenshift.observe.top.text import call_site, engine_name, one_line

# Seconds from which on somebody should look.
_LATE = 0.1
_HELD_LONG = 5.0


def application_sections(processes: Sequence[ProcessReading], *, ascii_only: bool = False) -> list[Section]:
    """Return what is shown of an application, the most important first.

    Args:
        processes: all that answered.
        ascii_only: whether the terminal knows no more than ASCII.
    """
    engines = merge(processes)
    several = len(processes) > 1
    sections = [_processes(processes)]
    if engines:
        sections += [_engines(engines), _pools(engines, ascii_only=ascii_only)]
    sections += [_holders(engines, several=several), _slow(engines, processes), _n_plus_one(engines)]
    return [section for section in sections if section.rows]


def _processes(processes: Sequence[ProcessReading]) -> Section:
    rows: list[tuple[Text | str, ...]] = []
    for process in (reading.snapshot.process for reading in processes):
        lag = process.loop_lag
        rows.append(
            (
                str(process.pid),
                duration(process.uptime),
                str(process.threads),
                str(lag.loops),
                Text(duration(lag.last), style="bold red" if lag.last >= _LATE else "") if lag.loops else "",
                duration(lag.max) if lag.histogram.count else "",
                _quantiles(lag.histogram.quantile(0.5), lag.histogram.quantile(0.95)),
            )
        )
    names = (">pid", ">observed", ">threads", ">event loops", ">lag", ">longest", "half, 95 % within")
    return Section("Processes" if len(rows) > 1 else "Process", names, rows, least=2)


def _engines(engines: Sequence[MergedEngine]) -> Section:
    seconds = max(engine.rates.seconds for engine in engines)
    rows = [
        (
            _name(engine),
            engine.state.driver + (" async" if engine.state.is_async else ""),
            number(engine.rates.statements),
            duration(engine.rates.mean_seconds),
            f"{engine.rates.database_seconds:.2f}",
            _alarm(engine.state.slow_count, "yellow"),
            _alarm(engine.state.errors, "red"),
            _alarm(engine.state.n_plus_one_count, "yellow"),
        )
        for engine in engines
    ]
    title = f"Engines  (rates of the last {duration(seconds)})"
    return Section(
        title, ("engine", "driver", ">a second", ">mean", ">at once", ">slow", ">errors", "N+1"), rows, least=4
    )


def _pools(engines: Sequence[MergedEngine], *, ascii_only: bool) -> Section:
    rows: list[tuple[Text | str, ...]] = []
    for engine in engines:
        pool = engine.state.pool
        waiting = f"{pool.waiting}, {duration(pool.longest_waiting)}" if pool.waiting else "0"
        rows.append(
            (
                _name(engine),
                bar(pool.in_use, _limit(pool), ascii_only=ascii_only),
                str(pool.idle),
                Text(waiting, style="bold red" if pool.waiting else ""),
                _alarm(pool.timeouts, "red"),
                _alarm(pool.invalidations, "yellow"),
                _quantiles(pool.wait.quantile(0.5), pool.wait.quantile(0.95)),
            )
        )
    names = ("pool", "in use", ">idle", ">waiting", ">timeouts", ">broken", "waited half, 95 %")
    return Section("Pools", names, rows, least=4)


def _holders(engines: Sequence[MergedEngine], *, several: bool) -> Section:
    held = [(engine, pid, holder) for engine in engines for pid, holder in engine.holders]
    held.sort(key=lambda one: -one[2].seconds)
    rows: list[tuple[Text | str, ...]] = []
    for engine, pid, holder in held:
        age = Text(duration(holder.seconds), style="bold yellow" if holder.seconds >= _HELD_LONG else "")
        who = one_line(holder.task or holder.thread)
        rows.append(
            (
                age,
                *((str(pid),) if several else ()),
                *((_name(engine),) if len(engines) > 1 else ()),
                str(holder.backend_pid or ""),
                who if len(who) <= 16 else who[:15] + "…",
                call_site(holder.call_site),
            )
        )
    names = (
        *((">held for", ">pid") if several else (">held for",)),
        *(("pool",) if len(engines) > 1 else ()),
        *(">backend", "by", "taken at"),
    )
    return Section("Holders of connections", names, rows, least=2)


def _slow(engines: Sequence[MergedEngine], processes: Sequence[ProcessReading]) -> Section:
    """Return the slow statements, those of one text and one line of code as one."""
    now = max((reading.snapshot.at for reading in processes), default=0.0)
    found: dict[tuple[str, str | None], list[SlowStatement]] = {}
    for statement in (one for engine in engines for _, one in engine.slow):
        found.setdefault((statement.sql, statement.call_site), []).append(statement)
    rows: list[tuple[Text | str, ...]] = []
    for (sql, site), statements in found.items():
        last = max(statements, key=lambda one: one.ended_at)
        text = Text(one_line(sql))
        text.append(f"\n{one_line(last.origin)}, {call_site(site)}", style="dim")
        if last.error is not None:
            text.append(f", {one_line(last.error)}", style="red")
        longest = max(one.seconds for one in statements)
        rows.append((duration(longest), str(len(statements)), duration(max(0.0, now - last.ended_at)), text))
    asked = (reading.snapshot.slow_threshold for reading in processes)
    thresholds = sorted({threshold for threshold in asked if threshold is not None})
    over = f"  (over {', '.join(map(duration, thresholds))}; the last {sum(map(len, found.values()))})" if found else ""
    return Section(f"Slow statements{over}", (">longest", ">times", ">last ago", "statement"), rows, 2)


def _n_plus_one(engines: Sequence[MergedEngine]) -> Section:
    sites = sorted((site for engine in engines for site in engine.state.n_plus_one), key=lambda site: -site.statements)
    rows = [
        (
            number(site.statements),
            number(site.most),
            one_line(site.attribute),
            site.kind,
            call_site(site.call_site),
        )
        for site in sites
    ]
    return Section("Loaded one by one (N+1)", (">statements", ">at most", "attribute", "kind", "at"), rows)


def _name(engine: MergedEngine) -> str:
    name = engine_name(engine.state.name)
    return name if len(name) <= 24 else "…" + name[-23:]


def _limit(pool: PoolState) -> int | None:
    return None if pool.max_overflow is None else pool.size + pool.max_overflow


def _alarm(count: int, style: str) -> Text:
    return Text(number(count), style=f"bold {style}" if count else "")


def _quantiles(half: float | None, most: float | None) -> str:
    return "" if half is None else f"{duration(half)}, {duration(most)}"
