"""A session that has inserted and is still open, and a count by another connection."""

from __future__ import annotations

from sqlalchemy import create_engine, func, insert, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

KIND = "commit forgotten"
DRIVERS = ("psycopg",)
STATIC = False  # any exception may come of it
EDITS = True
EXTRA = "uncommitted"


class Base(DeclarativeBase):
    pass


class Owner(Base):
    __tablename__ = "owner"
    id: Mapped[int] = mapped_column(primary_key=True)


def reproduce(url: str) -> None:
    engine = create_engine(url)
    try:
        Base.metadata.create_all(engine)
        with Session(engine) as session:
            session.execute(insert(Owner).values(id=1))  # where: written here
            with engine.connect() as connection:
                assert connection.scalar(select(func.count()).select_from(Owner)) == 1  # where: read here
    finally:
        engine.dispose()
