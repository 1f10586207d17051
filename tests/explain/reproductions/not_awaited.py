"""A chain of methods on the coroutine of ``execute``."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

KIND = "coroutine not awaited"
DRIVERS = ("asyncpg", "psycopg")
EDITS = True


async def numbers(session: AsyncSession) -> list[int]:
    return list(session.execute(text("SELECT 1 UNION ALL SELECT 2")).scalars())  # where: not awaited here


async def reproduce(url: str) -> None:
    engine = create_async_engine(url)
    try:
        async with AsyncSession(engine) as session:
            assert await numbers(session) == [1, 2]
    finally:
        await engine.dispose()
