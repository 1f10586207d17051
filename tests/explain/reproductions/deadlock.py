"""Two tasks that change the same two rows in opposite order."""

from __future__ import annotations

import asyncio

from sqlalchemy import update
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

KIND = "deadlock"
DRIVERS = ("asyncpg", "psycopg")


class Base(DeclarativeBase):
    pass


class Account(Base):
    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    balance: Mapped[int]


async def first_then_second(factory: async_sessionmaker, met: asyncio.Barrier) -> None:
    async with factory() as session:
        await session.execute(update(Account).where(Account.id == 1).values(balance=1))
        await met.wait()
        await session.execute(update(Account).where(Account.id == 2).values(balance=1))
        await session.commit()


async def second_then_first(factory: async_sessionmaker, met: asyncio.Barrier) -> None:
    async with factory() as session:
        await session.execute(update(Account).where(Account.id == 2).values(balance=2))
        await met.wait()
        await session.execute(update(Account).where(Account.id == 1).values(balance=2))
        await session.commit()


async def reproduce(url: str) -> None:
    engine = create_async_engine(url)
    factory = async_sessionmaker(engine)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with factory.begin() as session:
            session.add_all([Account(id=1, balance=0), Account(id=2, balance=0)])
        met = asyncio.Barrier(2)
        results = await asyncio.gather(
            first_then_second(factory, met), second_then_first(factory, met), return_exceptions=True
        )
        for result in results:
            if isinstance(result, BaseException):
                raise result
    finally:
        await engine.dispose()
