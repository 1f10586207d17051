"""An async engine made from a URL whose driver is not async."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import create_async_engine

KIND = "sync URL in an async engine"
DRIVERS = ("psycopg",)  # whatever the URL: nothing connects
EDITS = True  # PostgreSQL has two async drivers to choose from, SQLite one


async def reproduce(url: str) -> None:
    assert url
    await create_async_engine("sqlite://").dispose()  # where: made here
