from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

engine = create_async_engine("postgresql+asyncpg://app@db/shop", pool_recycle=3600)
Sessions = async_sessionmaker(engine, expire_on_commit=False)
