"""A row that another session has changed and not committed."""

from __future__ import annotations

from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

KIND = "lock timeout"
DRIVERS = ("asyncpg", "psycopg")


class Base(DeclarativeBase):
    pass


class Account(Base):
    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    balance: Mapped[int]


async def reproduce(url: str) -> None:
    engine = create_async_engine(url)
    factory = async_sessionmaker(engine)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with factory.begin() as session:
            session.add(Account(id=1, balance=0))
        async with factory() as holder, factory() as waiter:
            await holder.execute(update(Account).values(balance=1))  # where: open transaction
            await waiter.execute(text("SET LOCAL lock_timeout = '50ms'"))
            await waiter.execute(update(Account).values(balance=2))  # where: waited here
    finally:
        await engine.dispose()
