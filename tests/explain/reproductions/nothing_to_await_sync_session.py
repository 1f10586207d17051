"""A sync session that is treated as an async one."""

from __future__ import annotations

from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

KIND = "nothing to await"
DRIVERS = ("psycopg",)


async def one(session: Session) -> int:
    return (await session.execute(select(1))).scalar_one()  # where: awaited here


async def reproduce(url: str) -> None:
    engine = create_engine(url)
    try:
        with Session(engine) as session:
            await one(session)
    finally:
        engine.dispose()
