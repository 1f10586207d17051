"""The second failure in a row of a connection of another loop reads "another operation is in progress"."""

from __future__ import annotations

import asyncio
import contextlib

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

KIND = "different event loop"
DRIVERS = ("asyncpg",)
STATIC = False  # the message is that of two tasks on one connection


async def load_settings(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:  # where: opened here
        return (await connection.execute(text("SELECT 1"))).scalar_one()


async def serve(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        return (await connection.execute(text("SELECT 2"))).scalar_one()  # where: used here


def reproduce(url: str) -> None:
    engine = create_async_engine(url)
    try:
        asyncio.run(load_settings(engine))
        with contextlib.suppress(RuntimeError):
            asyncio.run(serve(engine))
        asyncio.run(serve(engine))  # where: this loop started here
    finally:
        engine.sync_engine.dispose(close=False)
