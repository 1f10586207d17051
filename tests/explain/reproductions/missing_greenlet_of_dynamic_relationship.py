"""A dynamic relationship sends its SELECT when it is iterated."""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, DynamicMapped, Mapped, mapped_column, relationship

KIND = "missing greenlet"
DRIVERS = ("asyncpg", "psycopg")


class Base(DeclarativeBase):
    pass


class Owner(Base):
    __tablename__ = "owner"
    id: Mapped[int] = mapped_column(primary_key=True)
    accounts: DynamicMapped[Account] = relationship()


class Account(Base):
    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("owner.id"))


async def accounts_of(factory: async_sessionmaker, number: int) -> int:
    async with factory() as session:
        owner = await session.get(Owner, number)
        return len(list(owner.accounts))  # where: sent here


async def reproduce(url: str) -> None:
    engine = create_async_engine(url)
    factory = async_sessionmaker(engine)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with factory.begin() as session:
            session.add(Owner(id=1, accounts=[Account(id=1)]))
        assert await accounts_of(factory, 1) == 1
    finally:
        await engine.dispose()
