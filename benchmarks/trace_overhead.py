"""What tracing costs a one-row ORM SELECT on a real PostgreSQL: off and on alternate within one run.

    python benchmarks/trace_overhead.py [--rounds 200] [--block 25] [--url postgresql+psycopg://...]

`select` is `session.scalars(select(Row).where(Row.id == 1)).one()`, as applications write it, in a session
whose transaction is open, the object being loaded anew each time. `session` opens a session, does the same and
closes it: checkout, BEGIN, SELECT, ROLLBACK, checkin. Each round measures a block of each, in an order that
changes from round to round; the figures are over single operations, the ratio of the medians is the median over
rounds of on / off. On a machine that does other work too, the 10th percentile is the steadier figure.
The last lines compare processes that never subscribed with processes that subscribed once and closed.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import random
import statistics
import subprocess
import sys
from collections.abc import Awaitable, Callable
from time import perf_counter

import sqlalchemy
from one_row_table import Row, prepare
from sqlalchemy import URL, create_engine, make_url, select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from greenshift import trace
from greenshift.postgres import ServerSettings, open_server

Times = dict[str, dict[str, list[list[float]]]]


def subscribed() -> list[trace.Subscription]:
    return [trace.subscribe(lambda statement: None), trace.pool.on_checkout(lambda info, connection: None)]


def measure_sync(url: URL, rounds: int, block: int, modes: tuple[str, ...]) -> Times:
    engine = create_engine(url)
    held = Session(engine)

    def one_select() -> None:
        held.expunge_all()
        held.scalars(select(Row).where(Row.id == 1)).one()

    def one_session() -> None:
        with Session(engine) as session:
            session.scalars(select(Row).where(Row.id == 1)).one()

    operations: dict[str, Callable[[], None]] = {"select": one_select, "session": one_session}
    times: Times = {name: {mode: [] for mode in modes} for name in operations}
    for index in range(rounds + 3):
        for name, operation in operations.items():
            for mode in random.sample(modes, len(modes)):
                subscriptions = subscribed() if mode == "on" else []
                operation()
                taken = []
                for _ in range(block):
                    started = perf_counter()
                    operation()
                    taken.append(perf_counter() - started)
                for subscription in subscriptions:
                    subscription.close()
                if index >= 3:
                    times[name][mode].append(taken)
    held.close()
    engine.dispose()
    return times


async def measure_async(url: URL, rounds: int, block: int, modes: tuple[str, ...]) -> Times:
    engine = create_async_engine(url)
    held = AsyncSession(engine)

    async def one_select() -> None:
        held.expunge_all()
        (await held.scalars(select(Row).where(Row.id == 1))).one()

    async def one_session() -> None:
        async with AsyncSession(engine) as session:
            (await session.scalars(select(Row).where(Row.id == 1))).one()

    operations: dict[str, Callable[[], Awaitable[None]]] = {"select": one_select, "session": one_session}
    times: Times = {name: {mode: [] for mode in modes} for name in operations}
    for index in range(rounds + 3):
        for name, operation in operations.items():
            for mode in random.sample(modes, len(modes)):
                subscriptions = subscribed() if mode == "on" else []
                await operation()
                taken = []
                for _ in range(block):
                    started = perf_counter()
                    await operation()
                    taken.append(perf_counter() - started)
                for subscription in subscriptions:
                    subscription.close()
                if index >= 3:
                    times[name][mode].append(taken)
    await held.close()
    await engine.dispose()
    return times


def report(label: str, times: Times) -> None:
    for name, modes in times.items():
        off, on = modes["off"], modes["on"]
        pairs = zip(off, on, strict=True)
        ratio = statistics.median(statistics.median(b) / statistics.median(a) for a, b in pairs)
        all_off, all_on = sorted(one for block in off for one in block), sorted(one for block in on for one in block)
        tenth_off, tenth_on = all_off[len(all_off) // 10] * 1e6, all_on[len(all_on) // 10] * 1e6
        off_median, on_median = statistics.median(all_off) * 1e6, statistics.median(all_on) * 1e6
        print(
            f"{label:<14}{name:<8} median: off {off_median:7.1f} us  on {on_median:7.1f} us  ratio {ratio:.3f}"
            f"   10th percentile: off {tenth_off:7.1f} us  on {tenth_on:7.1f} us  ratio {tenth_on / tenth_off:.3f}"
            f"   n = {len(all_off)}"
        )


def off_child(url: str, touched: bool, operations: int) -> None:
    """Measure the off state in a process of its own, after a subscription that was closed or without one."""
    if touched:
        for subscription in subscribed():
            subscription.close()
    times = measure_sync(make_url(url), operations // 25, 25, ("off",))
    blocks = times["select"]["off"]
    times_taken = sorted(one for block in blocks for one in block)
    print(json.dumps(times_taken[len(times_taken) // 10]))


def compare_off(url: URL, pairs: int) -> None:
    medians: dict[bool, list[float]] = {False: [], True: []}
    for _ in range(pairs):
        for touched in random.sample((False, True), 2):
            text = url.render_as_string(hide_password=False)
            command = [sys.executable, __file__, "--off-child", str(int(touched)), "--url", text]
            medians[touched].append(json.loads(subprocess.check_output(command, text=True)))
    never, closed = (statistics.median(medians[touched]) * 1e6 for touched in (False, True))
    print(f"off, 10th percentile, median of {pairs} processes each:")
    print(f"  never subscribed {never:.1f} us, subscribed and closed {closed:.1f} us, ratio {closed / never:.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--block", type=int, default=25)
    parser.add_argument("--pairs", type=int, default=5, help="pairs of processes for the off comparison; 0: none")
    parser.add_argument("--url", help="a PostgreSQL to use; otherwise one is started")
    parser.add_argument("--off-child", choices=("0", "1"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.off_child is not None:
        off_child(options.url, options.off_child == "1", 2000)
        return
    server = open_server(ServerSettings(url=options.url))
    try:
        url = make_url(options.url or server.url(driver="psycopg"))
        prepare(url)
        gc.freeze()
        version = f"{server.version // 10000}.{server.version % 10000}"
        print(f"SQLAlchemy {sqlalchemy.__version__}, PostgreSQL {version} ({server.provider})")
        psycopg, asyncpg = url.set(drivername="postgresql+psycopg"), url.set(drivername="postgresql+asyncpg")
        both = ("off", "on")
        report("psycopg", measure_sync(psycopg, options.rounds, options.block, both))
        report("psycopg async", asyncio.run(measure_async(psycopg, options.rounds, options.block, both)))
        report("asyncpg", asyncio.run(measure_async(asyncpg, options.rounds, options.block, both)))
        if options.pairs:
            compare_off(psycopg, options.pairs)
    finally:
        server.stop()


if __name__ == "__main__":
    main()
