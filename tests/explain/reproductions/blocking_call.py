"""A function that sleeps, called in the event loop; blockbuster refuses it."""

from __future__ import annotations

import time

from blockbuster import blockbuster_ctx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

KIND = "blocking call in the event loop"
DRIVERS = ("asyncpg", "psycopg")


def wait_for_the_rate() -> None:
    time.sleep(0.01)  # where: called here


async def reproduce(url: str) -> None:
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
            with blockbuster_ctx():
                wait_for_the_rate()
    finally:
        await engine.dispose()
