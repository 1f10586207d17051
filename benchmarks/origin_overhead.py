"""What remembering the origin of instances costs an ORM SELECT on a real PostgreSQL: of one row, and of 1,000.

    python benchmarks/origin_overhead.py [--rounds 150] [--url postgresql+psycopg://...]

Three states alternate within one run, in an order that changes from round to round: `off` (nothing is listened to),
`tracing` (`trace.subscribe`, which the plugin needs anyway) and `origins` (`greenshift.explain.Witness`: tracing, and
which statement loaded each instance; all that the pytest plugin has on for explanations). The rows are
loaded anew each time into a session whose transaction is open, each statement built as applications build it. The
ratio is the median over rounds of the ratio of the medians within a round.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import random
import statistics
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from time import perf_counter
from typing import Any

import sqlalchemy
from one_row_table import Base, Row
from sqlalchemy import URL, create_engine, insert, make_url, select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from greenshift import trace
from greenshift.explain import Witness
from greenshift.postgres import ServerSettings, open_server

STATES: dict[str, Callable[[], AbstractContextManager[Any]]] = {
    "off": nullcontext,
    "tracing": lambda: trace.subscribe(lambda statement: None),
    "origins": Witness,
}
# Rows, and statements a block.
SIZES = {1: 25, 1000: 8}

Times = dict[int, dict[str, list[float]]]


def prepare(url: URL) -> None:
    engine = create_engine(url)
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(
            insert(Row), [{"id": n, "name": f"name {n}", "note": None, "amount": n} for n in range(1, 1001)]
        )
    engine.dispose()


def measure_sync(url: URL, rounds: int) -> Times:
    engine = create_engine(url)
    session = Session(engine)

    def one(rows: int) -> None:
        session.expunge_all()
        assert len(session.scalars(select(Row).where(Row.id <= rows)).all()) == rows

    times: Times = {rows: {state: [] for state in STATES} for rows in SIZES}
    for index in range(rounds + 3):
        for rows, block in SIZES.items():
            for state in random.sample(list(STATES), len(STATES)):
                with STATES[state]():
                    one(rows)
                    taken = []
                    for _ in range(block):
                        started = perf_counter()
                        one(rows)
                        taken.append(perf_counter() - started)
                if index >= 3:
                    times[rows][state].append(statistics.median(taken))
    session.close()
    engine.dispose()
    return times


async def measure_async(url: URL, rounds: int) -> Times:
    engine = create_async_engine(url)
    session = AsyncSession(engine)

    async def one(rows: int) -> None:
        session.expunge_all()
        assert len((await session.scalars(select(Row).where(Row.id <= rows))).all()) == rows

    times: Times = {rows: {state: [] for state in STATES} for rows in SIZES}
    for index in range(rounds + 3):
        for rows, block in SIZES.items():
            for state in random.sample(list(STATES), len(STATES)):
                with STATES[state]():
                    await one(rows)
                    taken = []
                    for _ in range(block):
                        started = perf_counter()
                        await one(rows)
                        taken.append(perf_counter() - started)
                if index >= 3:
                    times[rows][state].append(statistics.median(taken))
    await session.close()
    await engine.dispose()
    return times


def report(label: str, times: Times) -> None:
    for rows, states in times.items():
        figures = [f"{state} {statistics.median(taken) * 1e6:7.1f} us" for state, taken in states.items()]
        for state, base in (("tracing", "off"), ("origins", "off"), ("origins", "tracing")):
            ratio = statistics.median(on / off for on, off in zip(states[state], states[base], strict=True))
            figures.append(f"{state}/{base} {ratio:.3f}")
        print(f"{label:<14} {rows:>5} rows   {'   '.join(figures)}   n = {len(states['off'])} blocks")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=150)
    parser.add_argument("--url", help="a PostgreSQL to use; otherwise one is started")
    options = parser.parse_args()
    server = open_server(ServerSettings(url=options.url))
    try:
        url = make_url(options.url or server.url(driver="psycopg")).set(drivername="postgresql+psycopg")
        prepare(url)
        gc.freeze()
        print(f"SQLAlchemy {sqlalchemy.__version__}, PostgreSQL {server.version // 10000} ({server.provider})")
        report("psycopg", measure_sync(url, options.rounds))
        report("psycopg async", asyncio.run(measure_async(url, options.rounds)))
        report("asyncpg", asyncio.run(measure_async(url.set(drivername="postgresql+asyncpg"), options.rounds)))
    finally:
        server.stop()


if __name__ == "__main__":
    main()
