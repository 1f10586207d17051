"""A session is closed while a background task still uses it."""

from __future__ import annotations

import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

KIND = "another operation in progress"
DRIVERS = ("asyncpg", "psycopg")


async def audit(session: AsyncSession, started: asyncio.Event) -> None:
    started.set()
    await session.execute(text("SELECT 'audit'"))


async def handle(session: AsyncSession, tasks: set[asyncio.Task[None]]) -> None:
    started = asyncio.Event()
    tasks.add(asyncio.create_task(audit(session, started)))
    await started.wait()
    await session.close()  # where: used here


async def reproduce(url: str) -> None:
    engine = create_async_engine(url)
    session = AsyncSession(engine)
    tasks: set[asyncio.Task[None]] = set()
    try:
        await handle(session, tasks)
    finally:
        await asyncio.gather(*tasks, return_exceptions=True)
        await session.close()
        await engine.dispose()
