"""A statement that takes longer than the engine allows."""

from __future__ import annotations

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

KIND = "statement timeout"
DRIVERS = ("asyncpg", "psycopg")


async def reproduce(url: str) -> None:
    engine = create_async_engine(url)
    try:
        async with async_sessionmaker(engine)() as session:
            await session.execute(text("SET LOCAL statement_timeout = '50ms'"))
            await session.execute(select(func.pg_sleep(5)))  # where: executed here
    finally:
        await engine.dispose()
