"""An async engine for psycopg2, which is not installed either: what ``postgresql://`` means to SQLAlchemy 2.0."""

from __future__ import annotations

from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import create_async_engine

KIND = "sync URL in an async engine"
DRIVERS = ("psycopg",)


async def reproduce(url: str) -> None:
    changed = make_url(url).set(drivername="postgresql+psycopg2", username="app", password="secret-of-the-url")
    await create_async_engine(changed).dispose()  # where: made here
