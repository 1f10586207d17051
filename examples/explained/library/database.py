"""The engines, made at import as most applications do, and the session of one request."""

import os
from collections.abc import AsyncIterator

from sqlalchemy import create_engine, make_url
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

url = make_url(os.environ["DATABASE_URL"])
engine = create_async_engine(url)
SessionLocal = async_sessionmaker(engine)

# Left over from the time before asyncio.
reports_engine = create_engine(url.set(drivername="postgresql+psycopg"))


async def get_session() -> AsyncIterator[AsyncSession]:
    """Yield the session of one request."""
    async with SessionLocal() as session:
        yield session
