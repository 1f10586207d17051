"""Two threads that change the same two rows in opposite order; the hasty one looks for a deadlock first, and fails."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import create_engine, text, update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

KIND = "deadlock"
DRIVERS = ("psycopg",)


class Base(DeclarativeBase):
    pass


class Account(Base):
    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    balance: Mapped[int]


def patient(engine, met: threading.Barrier) -> None:
    with Session(engine) as session:
        session.execute(text("SET LOCAL deadlock_timeout = '10s'"))
        session.execute(update(Account).where(Account.id == 1).values(balance=1))
        met.wait()
        session.execute(update(Account).where(Account.id == 2).values(balance=1))  # where: the other transaction
        session.commit()


def hasty(engine, met: threading.Barrier) -> None:
    with Session(engine) as session:
        session.execute(text("SET LOCAL deadlock_timeout = '500ms'"))
        session.execute(update(Account).where(Account.id == 2).values(balance=2))
        met.wait()
        session.execute(update(Account).where(Account.id == 1).values(balance=2))  # where: this transaction
        session.commit()


def reproduce(url: str) -> None:
    engine = create_engine(url)
    try:
        Base.metadata.create_all(engine)
        with Session(engine) as session, session.begin():
            session.add_all([Account(id=1, balance=0), Account(id=2, balance=0)])
        met = threading.Barrier(2)
        with ThreadPoolExecutor(2) as pool:
            for future in [pool.submit(patient, engine, met), pool.submit(hasty, engine, met)]:
                future.result()
    finally:
        engine.dispose()
