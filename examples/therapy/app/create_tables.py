"""Create the tables in an empty database: ``python -m app.create_tables``."""

import asyncio

from app.database import engine
from app.models.db_models import Base


async def create_tables() -> None:
    """Create every table that is not there yet."""
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(create_tables())
