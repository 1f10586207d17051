"""Create this service's tables where they are missing: `python -m auth_service.create_tables`."""

import asyncio

from sqlalchemy.ext.asyncio import AsyncEngine

from auth_service import database
from auth_service.models import Base


async def create_tables(engine: AsyncEngine) -> None:
    """Create every table that is not there yet, and leave no connection open."""
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(create_tables(database.engine))
