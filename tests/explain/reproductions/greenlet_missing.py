"""A fresh interpreter in which greenlet cannot be imported."""

from __future__ import annotations

import subprocess
import sys

KIND = "greenlet not installed"
DRIVERS = ("asyncpg", "psycopg")

PROGRAM = """
import sys
sys.modules["greenlet"] = None
import asyncio
from sqlalchemy.ext.asyncio import create_async_engine

async def main(url):
    async with create_async_engine(url).connect():
        pass

asyncio.run(main(sys.argv[1]))
"""


class ProgramError(Exception):
    """The program failed; the message is what it printed."""


def reproduce(url: str) -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM, url], capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise ProgramError(done.stderr)
