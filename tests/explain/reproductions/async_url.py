"""A sync engine made from the URL of asyncpg."""

from __future__ import annotations

from sqlalchemy import create_engine, text

KIND = "async URL in a sync engine"
DRIVERS = ("asyncpg",)  # psycopg's URL serves both


def reproduce(url: str) -> None:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:  # where: connected here
            connection.execute(text("SELECT 1"))
    finally:
        engine.dispose()
