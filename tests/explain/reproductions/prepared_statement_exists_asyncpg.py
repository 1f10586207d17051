"""A statement whose name another process has left on PgBouncer's connection."""

from __future__ import annotations

import asyncpg
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

KIND = "prepared statement behind PgBouncer"
DRIVERS = ("asyncpg",)
EDITS = True
EXTRA = "pgbouncer"


async def another_process(url: str) -> None:
    """asyncpg counts its names from 1 in every process: leave those that this process will come to next."""
    parts = make_url(url)
    connection = await asyncpg.connect(
        host=parts.query["host"], port=int(parts.query["port"]), user=parts.username, database=parts.database
    )
    number = int((await connection.prepare("SELECT 1")).get_name().strip("_").rpartition("_")[2], 16)
    for following in range(number + 1, number + 30):
        await connection.execute(f'PREPARE "__asyncpg_stmt_{following:x}__" AS SELECT 1')
    await connection.close()


async def reproduce(url: str) -> None:
    await another_process(url)
    engine = create_async_engine(
        url,
        pool_pre_ping=False,
    )
    try:
        async with engine.connect() as connection:  # where: executed here
            await connection.execute(text("SELECT 2"))
    finally:
        await engine.dispose()
