"""A ``commit`` that nobody awaits: Python only warns, in its development mode with the line."""

from __future__ import annotations

import sys
import warnings

from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

KIND = "coroutine not awaited"
DRIVERS = ("asyncpg", "psycopg")
EDITS = True


class Base(DeclarativeBase):
    pass


class Account(Base):
    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


async def save(session: AsyncSession, name: str) -> None:
    session.add(Account(name=name))
    session.commit()  # where: not awaited here


async def reproduce(url: str) -> None:
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            sys.set_coroutine_origin_tracking_depth(5)
            async with AsyncSession(engine) as session:
                await save(session, "Ada")
        for warning in caught:
            assert isinstance(warning.message, RuntimeWarning)
            raise warning.message
    finally:
        sys.set_coroutine_origin_tracking_depth(0)
        await engine.dispose()
