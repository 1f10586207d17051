"""Two tasks want a connection of a pool of one."""

from __future__ import annotations

import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

KIND = "pool limit reached"
DRIVERS = ("asyncpg", "psycopg")


async def slow(engine: AsyncEngine, held: asyncio.Event, done: asyncio.Event) -> None:
    async with engine.connect() as connection:  # where: held here
        await connection.execute(text("SELECT 'the slow one'"))
        held.set()
        await done.wait()


async def quick(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:  # where: wanted here
        await connection.execute(text("SELECT 1"))


async def reproduce(url: str) -> None:
    engine = create_async_engine(url, pool_size=1, max_overflow=0, pool_timeout=0.1)
    held, done = asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(slow(engine, held, done))
    try:
        await held.wait()
        await quick(engine)
    finally:
        done.set()
        await task
        await engine.dispose()
