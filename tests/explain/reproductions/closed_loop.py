"""A session that nobody closes: its connection is ended after its loop, and SQLAlchemy logs the error."""

from __future__ import annotations

import asyncio
import gc
import logging
import warnings

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

KIND = "event loop is closed"
DRIVERS = ("asyncpg",)  # psycopg's connections are dropped without a word


class Errors(logging.Handler):
    """Keeps the exceptions that are logged."""

    def __init__(self) -> None:
        super().__init__()
        self.errors: list[BaseException] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[1] is not None:
            self.errors.append(record.exc_info[1])


async def forgetful(engine: AsyncEngine) -> None:
    session = AsyncSession(engine)
    await session.execute(text("SELECT 1"))


def reproduce(url: str) -> None:
    engine = create_async_engine(url)
    handler = Errors()
    logger = logging.getLogger("sqlalchemy.pool")
    logger.addHandler(handler)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            asyncio.run(forgetful(engine))
            gc.collect()
    finally:
        logger.removeHandler(handler)
        engine.sync_engine.dispose(close=False)
    raise handler.errors[0]
