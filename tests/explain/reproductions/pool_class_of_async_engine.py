"""A sync engine with the pool of an async one."""

from __future__ import annotations

from sqlalchemy import create_engine, text
from sqlalchemy.pool import AsyncAdaptedQueuePool, NullPool

KIND = "wrong pool class"
DRIVERS = ("psycopg",)
EDITS = True


def reproduce(url: str) -> None:
    other = create_engine(url, poolclass=NullPool)
    engine = create_engine(url, pool_size=5, poolclass=AsyncAdaptedQueuePool)  # where: given here
    try:
        with engine.connect() as connection:
            assert connection.execute(text("SELECT 1")).scalar_one() == 1
    finally:
        engine.dispose()
        other.dispose()
