from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.pool import QueuePool

engine = create_async_engine(
    "postgresql+asyncpg://localhost/shop",
    poolclass=QueuePool,
)
Sessions = async_sessionmaker(engine, expire_on_commit=False)
