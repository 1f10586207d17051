"""An object that Session.get loaded, with options already."""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    joinedload,
    mapped_column,
    relationship,
)

KIND = "lazy relationship"
DRIVERS = ("asyncpg", "psycopg")
EDITS = True


class Base(DeclarativeBase):
    pass


class Address(Base):
    __tablename__ = "address"
    id: Mapped[int] = mapped_column(primary_key=True)
    city: Mapped[str]


class Customer(Base):
    __tablename__ = "customer"
    id: Mapped[int] = mapped_column(primary_key=True)
    address_id: Mapped[int] = mapped_column(ForeignKey("address.id"))
    address: Mapped[Address] = relationship()


class Order(Base):
    __tablename__ = "order"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    customer: Mapped[Customer] = relationship(foreign_keys=customer_id)
    payer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    payer: Mapped[Customer] = relationship(foreign_keys=payer_id)


async def city_of(factory: async_sessionmaker, number: int) -> str:
    async with factory() as session:
        order = await session.get(Order, number, options=[joinedload(Order.customer)])  # where: loaded here
        return order.payer.address.city  # where: read here


async def reproduce(url: str) -> None:
    engine = create_async_engine(url)
    factory = async_sessionmaker(engine)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with factory.begin() as session:
            session.add(
                Order(
                    id=1,
                    customer=Customer(id=1, address=Address(id=1, city="Turin")),
                    payer=Customer(id=2, address=Address(id=2, city="Turin")),
                )
            )
        assert await city_of(factory, 1) == "Turin"
    finally:
        await engine.dispose()
