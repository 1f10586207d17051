"""One task commits while another runs a statement on the same connection."""

from __future__ import annotations

import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

KIND = "another operation in progress"
DRIVERS = ("asyncpg",)  # psycopg lets the second wait for the first


async def report(connection: AsyncConnection, started: asyncio.Event) -> None:
    started.set()
    await connection.execute(text("SELECT pg_sleep(0.5)"))  # where: in use here


async def save(connection: AsyncConnection, started: asyncio.Event) -> None:
    await started.wait()
    await asyncio.sleep(0.1)
    await connection.commit()  # where: used here


async def reproduce(url: str) -> None:
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
            started = asyncio.Event()
            results = await asyncio.gather(
                report(connection, started), save(connection, started), return_exceptions=True
            )
            await connection.invalidate()
        for result in results:
            if isinstance(result, Exception):
                raise result
    finally:
        await engine.dispose()
