"""A value that a CHECK forbids."""

from __future__ import annotations

from sqlalchemy import CheckConstraint
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

KIND = "check violation"
DRIVERS = ("asyncpg", "psycopg")


class Base(DeclarativeBase):
    pass


class Account(Base):
    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    balance: Mapped[int] = mapped_column(CheckConstraint("balance >= 0", name="balance_not_negative"))


async def reproduce(url: str) -> None:
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with async_sessionmaker(engine)() as session:
            session.add(Account(balance=-1))
            await session.flush()  # where: flushed here
    finally:
        await engine.dispose()
