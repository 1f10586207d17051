"""The example's tests on the demo's server, before and after the shift."""

from __future__ import annotations

from pathlib import Path

from psycopg import sql

from greenshift.demo.ground import Ground
from greenshift.demo.step import Found, Tell
from greenshift.demo.suite import TestRun, run_tests


def run_sync_tests(ground: Ground, tell: Tell) -> Found:
    """Run them as they are, on psycopg."""
    return _found(_run(ground, ground.before, "psycopg", tell), "psycopg", ground)


def run_async_tests(ground: Ground, tell: Tell) -> Found:
    """Run them as the shift has left them, on asyncpg."""
    return _found(_run(ground, ground.after, "asyncpg", tell), "asyncpg", ground)


def new_database(ground: Ground, name: str) -> None:
    """Make an empty database on the demo's server.

    Args:
        ground: the demo's.
        name: of the database.
    """
    assert ground.server is not None
    with ground.server.connect() as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def _run(ground: Ground, folder: Path, driver: str, tell: Tell) -> TestRun:
    workers = ground.amounts.workers
    # The example's conftest fills in the name of the worker: each has a database of its own.
    for worker in [f"gw{number}" for number in range(workers)] if workers > 1 else ["main"]:
        new_database(ground, f"exams_{driver}_{worker}")
    arguments = ("-n", str(workers), "--dist", "worksteal") if workers > 1 else ()
    url = ground.database_url(f"exams_{driver}_{{worker}}", driver).replace("%7Bworker%7D", "{worker}")
    return run_tests(folder, (*arguments, *ground.amounts.tests), {"TEST_DATABASE_URL": url}, tell)


def _found(run: TestRun, driver: str, ground: Ground) -> Found:
    workers = ground.amounts.workers
    words = f"{run.words} on {driver}" + (f", in {workers} processes" if workers > 1 else "")
    return Found(
        words,
        notes=tuple(line for line in run.output if line.startswith(("FAILED ", "ERROR ")))[:5],
        data={
            "driver": driver,
            "passed": run.passed,
            "failed": run.failed,
            "skipped": run.skipped,
            "workers": workers,
            "pytest_seconds": round(run.seconds, 3),
        },
        problem=f"{run.failed} of the tests failed on {driver}" if run.failed else "",
        fix="see their names above; --keep keeps the application" if run.failed else "",
    )
