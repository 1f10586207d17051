"""Replacing a collection that is not loaded: SQLAlchemy loads the old one to compare."""

from __future__ import annotations

from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

KIND = "lazy relationship"
DRIVERS = ("asyncpg", "psycopg")
EDITS = True


class Base(DeclarativeBase):
    pass


class Owner(Base):
    __tablename__ = "owner"
    id: Mapped[int] = mapped_column(primary_key=True)
    accounts: Mapped[list[Account]] = relationship()


class Account(Base):
    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("owner.id"))


async def close_accounts(factory: async_sessionmaker, number: int) -> int:
    async with factory.begin() as session:
        owner = (await session.execute(select(Owner).filter_by(id=number))).scalar_one()  # where: loaded here
        owner.accounts = []  # where: set here
        return len(owner.accounts)


async def reproduce(url: str) -> None:
    engine = create_async_engine(url)
    factory = async_sessionmaker(engine)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with factory.begin() as session:
            session.add(Owner(id=1, accounts=[Account(id=7)]))
        assert await close_accounts(factory, 1) == 0
    finally:
        await engine.dispose()
