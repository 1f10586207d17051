"""Two tasks share a sync engine: one awaits with its connection in hand, the other stops the loop to wait for it."""

from __future__ import annotations

import asyncio

from sqlalchemy import Engine, create_engine, make_url, text

KIND = "sync engine in a running loop"
DRIVERS = ("psycopg",)
STATIC = False


async def report(engine: Engine) -> None:
    with engine.connect() as connection:  # where: called here
        connection.execute(text("SELECT 1"))
        await asyncio.sleep(0.01)


async def reproduce(url: str) -> None:
    engine = create_engine(make_url(url), pool_size=1, max_overflow=0, pool_timeout=0.2)
    try:
        await asyncio.gather(report(engine), report(engine))
    finally:
        engine.dispose()
