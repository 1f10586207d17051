"""Threads that run at a time share a loop, as they share the engine's connections."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from infrastructure import flipped

from greenshift.postgres import ServerSettings, open_server
from greenshift.shift.rewrite.flip import FIXERS

PROGRAM = """\
import asyncio
import os
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

engine = create_engine(os.environ["DATABASE_URL"])
SessionLocal = sessionmaker(engine)


def double(number: int) -> int:
    with SessionLocal() as session:
        return sum(session.scalar(text("SELECT :number"), {"number": str(number)}) == str(number) for _ in (1, 2))


def double_all(numbers: list[int]) -> int:
    with ThreadPoolExecutor(max_workers=4) as pool:
        return sum(pool.map(double, numbers))


async def ask() -> int:
    with SessionLocal() as session:
        return session.scalar(text("SELECT 1"))


if __name__ == "__main__":
    with asyncio.Runner() as runner:
        print(runner.run(ask()))
        for _ in range(3):
            print(double_all(list(range(40))))
        print(runner.run(ask()))
"""


def test_threads_query_at_a_time_between_two_runs_of_another_loop(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(flipped(PROGRAM, *FIXERS))
    server = open_server(ServerSettings())
    try:
        ran = subprocess.run(
            [sys.executable, "-W", "error", "app.py"],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**os.environ, "DATABASE_URL": server.url("postgres", "asyncpg")},
            check=False,
            timeout=60,
        )
    finally:
        server.stop()
    assert ran.stdout == "1\n80\n80\n80\n1\n", ran.stderr


def test_without_threads_there_is_no_loop_of_theirs() -> None:
    code = PROGRAM.replace("from concurrent.futures import ThreadPoolExecutor\n", "").replace(
        "    with ThreadPoolExecutor(max_workers=4) as pool:\n        return sum(pool.map(double, numbers))\n",
        "    return sum(map(double, numbers))\n",
    )
    assert "ThreadsLoop" not in flipped(code, *FIXERS)
    assert "class ThreadsLoop:" in flipped(PROGRAM, *FIXERS)
