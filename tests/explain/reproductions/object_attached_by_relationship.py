"""A new object, added to one session, whose parent belongs to another."""

from __future__ import annotations

from sqlalchemy import ForeignKey, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

KIND = "object already attached"
DRIVERS = ("psycopg",)


class Base(DeclarativeBase):
    pass


class Owner(Base):
    __tablename__ = "owner"
    id: Mapped[int] = mapped_column(primary_key=True)


class Account(Base):
    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("owner.id"))
    owner: Mapped[Owner] = relationship()


def reproduce(url: str) -> None:
    engine = create_engine(url)
    try:
        Base.metadata.create_all(engine)
        with Session(engine) as session, session.begin():
            session.add(Owner(id=1))
        with Session(engine) as first, Session(engine) as second:
            owner = first.get(Owner, 1)  # where: loaded here
            second.add(Account(owner=owner))  # where: attached here
    finally:
        engine.dispose()
