"""A second row with an address that must be unique, sent by a query of something else."""

from __future__ import annotations

from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

KIND = "unique violation"
DRIVERS = ("psycopg",)


class Base(DeclarativeBase):
    pass


class Owner(Base):
    __tablename__ = "owner"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)


def reproduce(url: str) -> None:
    engine = create_engine(url)
    try:
        Base.metadata.create_all(engine)
        with Session(engine) as session:
            session.add_all([Owner(email="ada@example.org"), Owner(email="ada@example.org")])
            session.scalars(select(Owner)).all()  # where: flushed here
    finally:
        engine.dispose()
