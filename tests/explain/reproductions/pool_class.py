"""An async engine with the pool of a sync one."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import QueuePool

KIND = "wrong pool class"
DRIVERS = ("asyncpg", "psycopg")
EDITS = True


async def reproduce(url: str) -> None:
    engine = create_async_engine(  # where: given here
        url,
        poolclass=QueuePool,
        pool_size=5,
        max_overflow=10,
    )
    try:
        async with engine.connect() as connection:
            assert (await connection.execute(text("SELECT 1"))).scalar_one() == 1
    finally:
        await engine.dispose()
