"""An association proxy reads the relationship; the class has awaitable attributes."""

from __future__ import annotations

from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.associationproxy import AssociationProxy, association_proxy
from sqlalchemy.ext.asyncio import AsyncAttrs, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

KIND = "lazy relationship"
DRIVERS = ("asyncpg", "psycopg")
EDITS = True


class Base(DeclarativeBase):
    pass


class Owner(AsyncAttrs, Base):
    __tablename__ = "owner"
    id: Mapped[int] = mapped_column(primary_key=True)
    accounts: Mapped[list[Account]] = relationship()
    numbers: AssociationProxy[list[int]] = association_proxy("accounts", "id")


class Account(Base):
    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("owner.id"))


async def numbers_of(factory: async_sessionmaker, number: int) -> list[int]:
    async with factory() as session:
        owner = (await session.execute(select(Owner).filter_by(id=number))).scalar_one()  # where: loaded here
        return list(owner.numbers)  # where: read here


async def reproduce(url: str) -> None:
    engine = create_async_engine(url)
    factory = async_sessionmaker(engine)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with factory.begin() as session:
            session.add(Owner(id=1, accounts=[Account(id=7)]))
        assert await numbers_of(factory, 1) == [7]
    finally:
        await engine.dispose()
