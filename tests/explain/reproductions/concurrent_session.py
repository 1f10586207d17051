"""Two tasks of ``gather`` begin with one new session at the same time."""

from __future__ import annotations

import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

KIND = "another operation in progress"
DRIVERS = ("asyncpg", "psycopg")


async def count(session: AsyncSession, table: str) -> int:
    return (await session.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one()  # where: used here


async def reproduce(url: str) -> None:
    engine = create_async_engine(url)
    try:
        async with AsyncSession(engine) as session:
            await asyncio.gather(  # where: tasks started here
                count(session, "pg_class"),
                count(session, "pg_type"),
            )
    finally:
        await engine.dispose()
