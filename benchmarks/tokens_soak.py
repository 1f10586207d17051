"""Run the suite of examples/tokens many times over, each repetition in a random order of its own.

    python benchmarks/tokens_soak.py                       # 20 repetitions, one process
    python benchmarks/tokens_soak.py --repetitions 1000 --processes 2 --driver psycopg

Tests that follow each other in ever new orders, on one database, are what would show anything that one test
leaves for the next. The exit code is 1 when a test failed.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "tokens"
BATCH = 100  # repetitions in one pytest run: what pytest keeps of each test stays small


@pytest.fixture(autouse=True)
def soak_repetition(request: pytest.FixtureRequest) -> int:
    """The number of the repetition that a test belongs to."""
    number: int = request.param
    return number


@pytest.hookimpl(trylast=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one copy of each test for each repetition."""
    metafunc.fixturenames.append("soak_repetition")
    first, last = map(int, os.environ["SOAK_RANGE"].split("-"))
    metafunc.parametrize("soak_repetition", range(first, last), indirect=True)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put one repetition after the other, each shuffled; the seed makes every worker agree and can be repeated."""
    seed = os.environ["SOAK_SEED"]
    copies: dict[int, list[pytest.Item]] = {}
    for item in items:
        copies.setdefault(item.callspec.params["soak_repetition"], []).append(item)  # type: ignore[attr-defined]
    for number, copy in copies.items():
        random.Random(f"{seed}-{number}").shuffle(copy)
    items[:] = [item for number in sorted(copies) for item in copies[number]]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write down how the tests went, unless this is a worker, whose reports the controller has."""
    if not hasattr(session.config, "workerinput"):
        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        counts = {kind: len(reporter.stats.get(kind, [])) for kind in ("passed", "failed", "error", "skipped")}
        lines = [f"{kind} {count}" for kind, count in counts.items()]
        Path(os.environ["SOAK_COUNTS"]).write_text("\n".join(lines), encoding="utf-8")


def batches(repetitions: int) -> Iterator[tuple[int, int]]:
    for first in range(0, repetitions, BATCH):
        yield first, min(first + BATCH, repetitions)


def run_batch(first: int, last: int, arguments: argparse.Namespace, counts_file: Path) -> Counter[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    environment |= {
        "PYTHONPATH": str(Path(__file__).parent),
        "SOAK_RANGE": f"{first}-{last}",
        "SOAK_SEED": str(arguments.seed),
        "SOAK_COUNTS": str(counts_file),
    }
    command = [
        *(sys.executable, "-m", "pytest", "-p", Path(__file__).stem, "-p", "no:randomly", "-p", "no:cacheprovider"),
        *("-q", "--no-header", "-n", str(arguments.processes), "--db-driver", arguments.driver),
    ]
    counts_file.unlink(missing_ok=True)
    run = subprocess.run(command, cwd=EXAMPLE, env=environment, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        print(run.stdout[-20_000:], run.stderr[-5_000:], flush=True)
    if not counts_file.exists():
        sys.exit(f"pytest ended with exit code {run.returncode} before its first test")
    counts: Counter[str] = Counter()
    for line in counts_file.read_text(encoding="utf-8").splitlines():
        kind, _, count = line.partition(" ")
        counts[kind] += int(count)
    return counts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=20)
    parser.add_argument("--processes", type=int, default=0, help="xdist workers; 0 runs without xdist")
    parser.add_argument("--driver", choices=["asyncpg", "psycopg"], default="asyncpg")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    arguments = parser.parse_args()
    total: Counter[str] = Counter()
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        for first, last in batches(arguments.repetitions):
            total += run_batch(first, last, arguments, Path(folder) / "counts")
            print(
                f"{last} of {arguments.repetitions} repetitions, {total['failed'] + total['error']} failures",
                flush=True,
            )
    tests, seconds = sum(total.values()), time.perf_counter() - started
    failures = total["failed"] + total["error"]
    print(
        f"repetitions {arguments.repetitions}, tests {tests}, failures {failures}, skipped {total['skipped']}, "
        f"seed {arguments.seed}, driver {arguments.driver}, {seconds:.0f} s, "
        f"{1000 * seconds / max(tests, 1):.1f} ms a test"
    )
    return 1 if failures or not tests else 0


if __name__ == "__main__":
    sys.exit(main())
