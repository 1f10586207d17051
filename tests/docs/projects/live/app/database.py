from sqlalchemy.ext.asyncio import create_async_engine

from app.settings import settings

# Made at import, as most are.
engine = create_async_engine(settings.database_url, poolclass=settings.pool_class(), pool_size=5, max_overflow=0)
