import os

from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

engine = create_async_engine(
    "postgresql+asyncpg://app@db/shop",
    pool_size=20,
    max_overflow=int(os.environ["MAX_OVERFLOW"]),
    pool_recycle=300,
)

Sessions = async_sessionmaker(engine)
