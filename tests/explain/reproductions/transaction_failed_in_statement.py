"""A statement whose error was caught, and a session used further without rollback."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

KIND = "transaction already failed"
DRIVERS = ("asyncpg", "psycopg")


async def reproduce(url: str) -> None:
    engine = create_async_engine(url)
    try:
        async with async_sessionmaker(engine)() as session:
            try:
                await session.execute(text("SELECT 1 / 0"))  # where: failed here
            except DBAPIError:
                pass
            await session.execute(text("SELECT 1"))  # where: used again here
    finally:
        await engine.dispose()
