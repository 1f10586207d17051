"""The collection of an object that was just flushed: nothing loaded it."""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

KIND = "lazy relationship"
DRIVERS = ("asyncpg", "psycopg")
EDITS = True


class Base(DeclarativeBase):
    pass


class Product(Base):
    __tablename__ = "product"
    id: Mapped[int] = mapped_column(primary_key=True)
    price: Mapped[int]


class Order(Base):
    __tablename__ = "order"
    id: Mapped[int] = mapped_column(primary_key=True)
    items: Mapped[list[Item]] = relationship(back_populates="order")


class Item(Base):
    __tablename__ = "item"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("order.id"))
    order: Mapped[Order] = relationship(back_populates="items")
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    product: Mapped[Product] = relationship()


async def new_order(factory: async_sessionmaker, prices: list[int]) -> int:
    async with factory.begin() as session:
        order = Order()
        session.add(order)
        await session.flush()
        for price in prices:
            order.items.append(Item(product=Product(price=price)))  # where: read here
        return len(order.items)


async def reproduce(url: str) -> None:
    engine = create_async_engine(url)
    factory = async_sessionmaker(engine)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with factory.begin() as session:
            session.add(Product(price=1))
        assert await new_order(factory, [2, 3]) == 2
    finally:
        await engine.dispose()
