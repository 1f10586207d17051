"""The backend's `database.py` as it was in staging: a pool for threads under an asyncio engine.

SQLAlchemy refuses it: "Pool class QueuePool cannot be used with asyncio engine".
"""

from collections.abc import AsyncIterator

from sqlalchemy import QueuePool
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from backend.settings import settings

engine = create_async_engine(
    settings.database_url.get_secret_value(),
    poolclass=QueuePool,
    pool_size=5,
    max_overflow=10,
)
SessionLocal = async_sessionmaker(engine, expire_on_commit=False)


async def get_request_scoped_db_session() -> AsyncIterator[AsyncSession]:
    """Give a request a session of its own, closed when the request is over."""
    async with SessionLocal() as session:
        yield session
