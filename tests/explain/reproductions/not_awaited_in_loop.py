"""A loop over the coroutine of ``scalars``."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

KIND = "coroutine not awaited"
DRIVERS = ("asyncpg", "psycopg")
EDITS = True


async def total(session: AsyncSession) -> int:
    found = 0
    for number in session.scalars(text("SELECT 1 UNION ALL SELECT 2")):  # where: not awaited here
        found += number
    return found


async def reproduce(url: str) -> None:
    engine = create_async_engine(url)
    try:
        async with AsyncSession(engine) as session:
            assert await total(session) == 3
    finally:
        await engine.dispose()
