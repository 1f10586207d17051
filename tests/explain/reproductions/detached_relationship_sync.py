"""The same with a sync session, and a relationship of a relationship."""

from __future__ import annotations

from sqlalchemy import ForeignKey, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, sessionmaker

KIND = "detached instance"
DRIVERS = ("psycopg",)
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
    customer: Mapped[Customer] = relationship()


def city_of(factory: sessionmaker, number: int) -> str:
    with factory() as session:
        order = session.get(Order, number)  # where: loaded here
    return order.customer.address.city  # where: read here


def reproduce(url: str) -> None:
    engine = create_engine(url)
    factory = sessionmaker(engine)
    try:
        Base.metadata.create_all(engine)
        with factory.begin() as session:
            session.add(Order(id=1, customer=Customer(id=1, address=Address(id=1, city="Turin"))))
        assert city_of(factory, 1) == "Turin"
    finally:
        engine.dispose()
