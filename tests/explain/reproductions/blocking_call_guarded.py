"""A file read in the event loop, under Greenshift's own guard."""

from __future__ import annotations

import asyncio
from pathlib import Path

from greenshift.explain.blocking import BlockingWatch

KIND = "blocking call in the event loop"
DRIVERS = ("asyncpg",)


async def key() -> str:
    await asyncio.sleep(0)
    return Path(__file__).read_text()  # where: called here


async def reproduce(url: str) -> None:
    with BlockingWatch(mode="error", report=lambda _: None):
        await key()
