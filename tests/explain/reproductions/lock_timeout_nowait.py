"""A row that another session has changed and not committed, asked for with NOWAIT."""

from __future__ import annotations

from sqlalchemy import create_engine, select, update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

KIND = "lock timeout"
DRIVERS = ("psycopg",)


class Base(DeclarativeBase):
    pass


class Account(Base):
    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    balance: Mapped[int]


def reproduce(url: str) -> None:
    engine = create_engine(url)
    try:
        Base.metadata.create_all(engine)
        with Session(engine) as session, session.begin():
            session.add(Account(id=1, balance=0))
        with Session(engine) as holder, Session(engine) as waiter:
            holder.execute(update(Account).values(balance=1))  # where: open transaction
            waiter.scalars(select(Account).with_for_update(nowait=True)).one()  # where: asked here
    finally:
        engine.dispose()
