"""How far a streaming replica is behind: ``python benchmarks/replication_lag.py [--seconds 8] [--writers 2]``.

A primary and a replica are started, both in RAM. A probe commits a row and asks the replica for it until it is there:
that is the time for which a read from the replica misses a user's own write. It does so while nobody else
writes, under writers that commit one row of a kilobyte after the other, and under one that writes much at a
time. Meanwhile the lag is sampled: in bytes, as ``replica.lag()`` measures it, and in milliseconds, as
``pg_stat_replication`` reports it.
"""

from __future__ import annotations

import argparse
import multiprocessing
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event

import psycopg

from greenshift.postgres import ReplicaServer, ServerSettings, open_server

SCHEMA = """
CREATE TABLE probe (number int PRIMARY KEY);
CREATE TABLE load (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, filling text);
CREATE INDEX ON load (filling);
"""
ONE = "INSERT INTO load (filling) VALUES (md5(random()::text) || repeat('x', 1000))"
MANY = "INSERT INTO load (filling) SELECT md5(random()::text) || repeat('x', 1000) FROM generate_series(1, 20000)"
NUMBERS = iter(range(1, 2**31))
REPORTED = "SELECT extract(epoch FROM replay_lag)::float8 FROM pg_stat_replication"


@dataclass
class Figures:
    """What was measured in one phase; times in milliseconds.

    Args:
        visible: from the commit's return until the replica showed the row, for each probe.
        stale: how many of the probes did not see their row at the first look.
        behind: bytes, sampled.
        reported: ``replay_lag``, sampled where there was one.
        rows: written by the load.
    """

    visible: list[float] = field(default_factory=list)
    stale: int = 0
    behind: list[int] = field(default_factory=list)
    reported: list[float] = field(default_factory=list)
    rows: int = 0


def write(url: str, statement: str, pause: float, stop: Event, rows: Synchronized[int]) -> None:
    """Write until told to stop: in a process of its own."""
    with psycopg.connect(url, autocommit=True) as connection:
        while not stop.is_set():
            written = connection.execute(statement).rowcount
            with rows.get_lock():
                rows.value += written
            time.sleep(pause)


@contextmanager
def load(url: str, statement: str, writers: int, pause: float, figures: Figures) -> Iterator[None]:
    """Have processes write during the block, and note how much they did."""
    context = multiprocessing.get_context("spawn")
    stop, rows = context.Event(), context.Value("q", 0)
    processes = [context.Process(target=write, args=(url, statement, pause, stop, rows)) for _ in range(writers)]
    for process in processes:
        process.start()
    while writers and not rows.value:
        time.sleep(0.01)
    already = rows.value
    try:
        yield
    finally:
        figures.rows = rows.value - already
        stop.set()
        for process in processes:
            process.join()


def sample(replica: ReplicaServer, figures: Figures, stop: threading.Event) -> None:
    """Measure the lag twenty times a second until told to stop."""
    with replica.primary.connect() as connection:
        while not stop.wait(0.05):
            figures.behind.append(replica.lag().bytes)
            row = connection.execute(REPORTED).fetchone()
            if row is not None and isinstance(row[0], float):
                figures.reported.append(row[0] * 1000)


def probe(replica: ReplicaServer, seconds: float, numbers: Iterator[int], figures: Figures) -> None:
    """Commit rows, and look for each on the replica until it is there."""
    end = time.monotonic() + seconds
    with replica.primary.connect() as primary, replica.connect() as reader:
        while time.monotonic() < end:
            number = next(numbers)
            primary.execute("INSERT INTO probe VALUES (%s)", (number,), prepare=True)
            committed = time.perf_counter()
            looks = 0
            while not reader.execute("SELECT FROM probe WHERE number = %s", (number,), prepare=True).fetchall():
                looks += 1
            figures.visible.append((time.perf_counter() - committed) * 1000)
            figures.stale += looks > 0
            time.sleep(0.01)


def measure(replica: ReplicaServer, statement: str, writers: int, pause: float, seconds: float) -> Figures:
    """Run one phase."""
    figures = Figures()
    stop = threading.Event()
    sampler = threading.Thread(target=sample, args=(replica, figures, stop))
    with load(replica.primary.url(), statement, writers, pause, figures):
        sampler.start()
        try:
            probe(replica, seconds, NUMBERS, figures)
        finally:
            stop.set()
            sampler.join()
    replica.wait_for(timeout=60)
    return figures


def quantile(values: list[float], share: float) -> float:
    """Return the value that a share of the values does not exceed."""
    ordered = sorted(values) or [float("nan")]
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def shown(name: str, figures: Figures, seconds: float) -> str:
    """Return a phase's line of the table."""
    visible = "".join(f"{quantile(figures.visible, share):>8.2f}" for share in (0.5, 0.95, 0.99, 1))
    behind = [float(value) / 1024 for value in figures.behind]
    return (
        f"{name:<20}{figures.rows / seconds:>8.0f}{len(figures.visible):>8}{visible}"
        f"{100 * figures.stale / len(figures.visible):>8.0f}"
        f"{quantile(behind, 0.5):>9.1f}{quantile(behind, 1):>9.1f}"
        f"{quantile(figures.reported, 0.5):>9.2f}{quantile(figures.reported, 1):>8.2f}"
    )


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=8, help="of each phase")
    parser.add_argument("--writers", type=int, default=2, help="processes that write one row at a time")
    arguments = parser.parse_args()
    seconds = arguments.seconds
    phases = {
        "idle": (ONE, 0, 0.0),
        "100 rows/s": (ONE, 1, 0.01),
        f"{arguments.writers} writers": (ONE, arguments.writers, 0.0),
        "20,000 rows a time": (MANY, 1, 0.5),
    }
    with open_server(ServerSettings(replication=True)) as primary, primary.replica() as replica:
        with primary.connect() as connection:
            connection.execute(SCHEMA)
        replica.wait_for()
        print(f"PostgreSQL {primary.version // 10000}, replica started in {replica.start_seconds:.2f} s")
        print(f"{'':<20}{'load':>8}{'':>8}{'a commit is visible after, ms':>32}{'stale':>8}{'behind, KB':>18}", end="")
        print(f"{'replay_lag, ms':>17}")
        print(f"{'':<20}{'rows/s':>8}{'probes':>8}{'p50':>8}{'p95':>8}{'p99':>8}{'max':>8}{'%':>8}", end="")
        print(f"{'p50':>9}{'max':>9}{'p50':>9}{'max':>8}")
        for name, (statement, writers, pause) in phases.items():
            print(shown(name, measure(replica, statement, writers, pause, seconds), seconds), flush=True)


if __name__ == "__main__":
    main()
