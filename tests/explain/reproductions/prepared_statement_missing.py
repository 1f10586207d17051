"""A statement prepared in one transaction and run in the next, which PgBouncer gives another connection."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

KIND = "prepared statement behind PgBouncer"
DRIVERS = ("asyncpg", "psycopg")
EDITS = True
EXTRA = "pgbouncer"


async def reproduce(url: str) -> None:
    engine = create_async_engine(url)
    try:
        async with engine.connect() as first, engine.connect() as second:
            for _ in range(8):
                await first.execute(text("SELECT 'the same statement'"))
                await first.commit()
            await second.execute(text("SELECT 'in a transaction of its own'"))
            await first.execute(text("SELECT 'the same statement'"))  # where: executed here
    finally:
        await engine.dispose()
