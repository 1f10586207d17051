"""A sync session over the URL of asyncpg, used inside an async function."""

from __future__ import annotations

from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

KIND = "async URL in a sync engine"
DRIVERS = ("asyncpg",)


async def reproduce(url: str) -> None:
    engine = create_engine(url)
    try:
        with Session(engine) as session:
            session.execute(text("SELECT 1"))  # where: connected here
    finally:
        engine.dispose()
