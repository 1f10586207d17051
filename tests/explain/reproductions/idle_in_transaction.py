"""A request to somewhere else while a transaction is open."""

from __future__ import annotations

import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

KIND = "idle in transaction"
DRIVERS = ("psycopg",)


async def reproduce(url: str) -> None:
    engine = create_async_engine(url)
    try:
        async with async_sessionmaker(engine)() as session:
            await session.execute(text("SET LOCAL idle_in_transaction_session_timeout = '100ms'"))  # where: begun here
            await session.execute(text("SELECT 1"))  # where: idle since here
            await asyncio.sleep(0.5)
            await session.execute(text("SELECT 2"))  # where: used again here
    finally:
        await engine.dispose()
