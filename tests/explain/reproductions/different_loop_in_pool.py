"""Tasks of two loops wait for a connection of the same pool."""

from __future__ import annotations

import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

KIND = "different event loop"
DRIVERS = ("asyncpg", "psycopg")


async def job(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:  # where: used here
        await connection.execute(text("SELECT pg_sleep(0.05)"))


async def jobs(engine: AsyncEngine) -> None:
    await asyncio.gather(job(engine), job(engine))


def reproduce(url: str) -> None:
    engine = create_async_engine(url, pool_size=1, max_overflow=0)
    try:
        asyncio.run(jobs(engine))
        asyncio.run(jobs(engine))  # where: this loop started here
    finally:
        engine.sync_engine.dispose(close=False)
