"""The engine, made at import from `DATABASE_URL`, and the sessions made from it."""

import os
from collections.abc import AsyncIterator

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase

engine = create_async_engine(
    os.environ["DATABASE_URL"], pool_size=5, max_overflow=10, pool_timeout=10, pool_pre_ping=True
)
SessionLocal = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    """The base of every model."""


async def get_db() -> AsyncIterator[AsyncSession]:
    """Give a request its own session, closed when the request is over."""
    async with SessionLocal() as session:
        yield session


def get_session_factory() -> async_sessionmaker[AsyncSession]:
    """Give background work, which outlives its request, the means to open sessions of its own."""
    return SessionLocal
