"""An attribute that the commit expired, read after the session has closed."""

from __future__ import annotations

from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker

KIND = "detached instance"
DRIVERS = ("psycopg",)
EDITS = True


class Base(DeclarativeBase):
    pass


class Note(Base):
    __tablename__ = "note"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    body: Mapped[str]


def create(factory: sessionmaker, title: str) -> Note:
    with factory() as session:
        note = Note(title=title, body="")
        session.add(note)
        session.commit()
        return note


def created_title(factory: sessionmaker) -> str:
    return create(factory, "Bread").title  # where: read here


def reproduce(url: str) -> None:
    engine = create_engine(url)
    factory = sessionmaker(engine)
    try:
        Base.metadata.create_all(engine)
        with factory.begin() as session:
            session.add(Note(title="Milk", body="Two litres"))
        assert created_title(factory) == "Bread"
    finally:
        engine.dispose()
