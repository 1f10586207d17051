"""What observing costs a one-row SELECT on a real PostgreSQL over a socket: processes that alternate block by block.

    python benchmarks/observe_overhead.py [--rounds 200] [--block 40] [--runs 3] [--url postgresql+psycopg://...]

`core` executes a Core SELECT on a connection that is held and in a transaction; `core, checked out` takes a connection,
executes and gives it back; `orm` is `session.scalars(select(Row).where(Row.id == 1)).one()` in a session of its own.

Ways to watch, each in a process of its own: `off`: nothing was ever installed; `off again`: the same in another
process, so what it differs by is noise; `greenshift`: the slow log and the pool's metrics (`n_plus_one=False`,
`loop_lag=False`);
`all`: `observe.install(engine)`, N+1 loads and loop lag as well; `opentelemetry`: its instrumentation of SQLAlchemy
with the SDK and a reader in memory, where `opentelemetry-instrumentation-sqlalchemy` is installed (extra `benchmarks`)
and SQLAlchemy is 2.0, as it wants.

In each round every process runs a block of each operation, one process at a time, in an order that changes from round
to round; there are `--runs` generations of processes. `ratio` is the median, over all rounds, of the block's median to
that of `off`; `p10 ratio` is that of the 10th percentiles of single operations, steadier on a machine that does
other work too.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import random
import statistics
import subprocess
import sys
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any

import sqlalchemy
from one_row_table import Row, prepare
from sqlalchemy import URL, Engine, create_engine, make_url, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import Session

TABLE = Row.__table__
CORE = select(TABLE).where(TABLE.c.id == 1)
ORM = select(Row).where(Row.id == 1)
WAYS = ("off", "off again", "greenshift", "all", "opentelemetry")
OPERATIONS = ("core", "core, checked out", "orm")
WARM_UP = 5


def watch(way: str, engine: Engine) -> Any:
    """Begin to watch an engine; what is returned is kept until the process ends."""
    if way in ("greenshift", "all"):
        from greenshift import observe

        return observe.install(engine) if way == "all" else observe.install(engine, n_plus_one=False, loop_lag=False)
    if way == "opentelemetry":
        from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import InMemoryMetricReader
        from opentelemetry.sdk.trace import TracerProvider

        instrumentor = SQLAlchemyInstrumentor()
        meters = MeterProvider([InMemoryMetricReader()])
        instrumentor.instrument(engine=engine, tracer_provider=TracerProvider(), meter_provider=meters)
        return instrumentor
    return None


def child_sync(way: str, url: URL) -> None:
    engine = create_engine(url)
    watching = watch(way, engine)
    held = engine.connect()

    def core() -> None:
        held.execute(CORE).one()

    def checked_out() -> None:
        with engine.connect() as connection:
            connection.execute(CORE).one()

    def orm() -> None:
        with Session(engine) as session:
            session.scalars(ORM).one()

    operations: dict[str, Callable[[], None]] = dict(zip(OPERATIONS, (core, checked_out, orm), strict=True))
    for line in sys.stdin:
        name, block = json.loads(line)
        operation, taken = operations[name], []
        gc.collect()
        for _ in range(block):
            began = perf_counter()
            operation()
            taken.append(perf_counter() - began)
        print(json.dumps(taken), flush=True)
    del watching


async def child_async(way: str, url: URL) -> None:
    engine: AsyncEngine = create_async_engine(url)
    watching = watch(way, engine.sync_engine)
    held = await engine.connect()

    async def core() -> None:
        (await held.execute(CORE)).one()

    async def checked_out() -> None:
        async with engine.connect() as connection:
            (await connection.execute(CORE)).one()

    async def orm() -> None:
        async with AsyncSession(engine) as session:
            (await session.scalars(ORM)).one()

    operations: dict[str, Callable[[], Awaitable[None]]] = dict(zip(OPERATIONS, (core, checked_out, orm), strict=True))
    # Reading blocks the loop: nothing but a block is measured on it.
    for line in sys.stdin:
        name, block = json.loads(line)
        operation, taken = operations[name], []
        gc.collect()
        for _ in range(block):
            began = perf_counter()
            await operation()
            taken.append(perf_counter() - began)
        print(json.dumps(taken), flush=True)
    del watching


class Child:
    """A process that runs blocks when asked."""

    def __init__(self, way: str, url: URL) -> None:
        text = url.render_as_string(hide_password=False)
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--child", way, "--url", text],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": "0"},
        )

    def run(self, operation: str, block: int) -> list[float]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([operation, block]) + "\n")
        self.process.stdin.flush()
        taken: list[float] = json.loads(self.process.stdout.readline())
        return taken

    def close(self) -> None:
        self.process.communicate()


Times = dict[str, dict[str, list[list[float]]]]


def measure(url: URL, ways: tuple[str, ...], rounds: int, block: int, times: Times) -> None:
    children = {way: Child(way, url) for way in ways}
    try:
        for index in range(rounds + WARM_UP):
            for operation in OPERATIONS:
                for way in random.sample(ways, len(ways)):
                    taken = children[way].run(operation, block)
                    if index >= WARM_UP:
                        times[operation][way].append(taken)
    finally:
        for child in children.values():
            child.close()


def tenth(blocks: list[list[float]]) -> float:
    ordered = sorted(one for taken in blocks for one in taken)
    return ordered[len(ordered) // 10]


def summary(times: dict[str, list[list[float]]]) -> dict[str, dict[str, float]]:
    medians = {way: [statistics.median(taken) for taken in blocks] for way, blocks in times.items()}
    found = {}
    for way, blocks in times.items():
        ratios = [on / off for on, off in zip(medians[way], medians["off"], strict=True)]
        found[way] = {
            "median_us": statistics.median(one for taken in blocks for one in taken) * 1e6,
            "p10_us": tenth(blocks) * 1e6,
            "ratio": statistics.median(ratios),
            "p10_ratio": tenth(blocks) / tenth(times["off"]),
        }
    return found


def installed_ways() -> tuple[str, ...]:
    # On 2.1 it says that it instruments nothing, and does so.
    if not sqlalchemy.__version__.startswith("2.0"):
        return WAYS[:-1]
    try:
        import opentelemetry.instrumentation.sqlalchemy
        import opentelemetry.sdk.metrics  # noqa: F401
    except ImportError:
        return WAYS[:-1]
    return WAYS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=200, help="in each generation of processes")
    parser.add_argument("--block", type=int, default=40)
    parser.add_argument("--runs", type=int, default=3, help="generations of processes")
    parser.add_argument("--url", help="of an empty database; otherwise a server is started")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        url = make_url(arguments.url)
        if url.get_dialect().is_async:
            asyncio.run(child_async(arguments.child, url))
        else:
            child_sync(arguments.child, url)
        return
    from greenshift.postgres import ServerSettings, open_server

    server = None if arguments.url else open_server(ServerSettings(provider="embedded"))
    url = make_url(arguments.url or server.url("postgres", "psycopg"))  # type: ignore[union-attr]
    ways = installed_ways()
    found: dict[str, Times] = {}
    try:
        prepare(url)
        for driver in ("psycopg", "asyncpg"):
            found[driver] = {operation: {way: [] for way in ways} for operation in OPERATIONS}
            for _ in range(arguments.runs):
                target = url.set(drivername=f"postgresql+{driver}")
                measure(target, ways, arguments.rounds, arguments.block, found[driver])
    finally:
        if server is not None:
            server.stop()
    summaries = {driver: {name: summary(ways) for name, ways in times.items()} for driver, times in found.items()}
    if arguments.json:
        print(json.dumps(summaries, indent=1))
        return
    print(
        f"a one-row SELECT, microseconds; SQLAlchemy {sqlalchemy.__version__}, Python {sys.version.split()[0]}, "
        f"{arguments.runs} x {arguments.rounds} rounds of {arguments.block}\n"
    )
    print(f"{'driver':8} {'operation':18} {'watched by':14} {'median':>8} {'p10':>8} {'ratio':>7} {'p10 ratio':>10}")
    for driver, operations in summaries.items():
        for name, figures in operations.items():
            for way, one in figures.items():
                print(
                    f"{driver:8} {name:18} {way:14} {one['median_us']:8.1f} {one['p10_us']:8.1f} "
                    f"{one['ratio']:7.3f} {one['p10_ratio']:10.3f}"
                )


if __name__ == "__main__":
    main()
