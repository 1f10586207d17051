"""A column that the database computes on UPDATE: the flush expires it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

KIND = "expired attribute"
DRIVERS = ("asyncpg", "psycopg")
EDITS = True


class Base(DeclarativeBase):
    pass


class Note(Base):
    __tablename__ = "note"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    body: Mapped[str]
    changed: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class Notes:
    def __init__(self, factory: async_sessionmaker) -> None:
        self.session = factory(expire_on_commit=False)

    async def rename(self, number: int, title: str) -> datetime:
        async with self.session.begin():
            note = await self.session.get(Note, number)
            note.title = title
        return note.changed  # where: read here


async def reproduce(url: str) -> None:
    engine = create_async_engine(url)
    factory = async_sessionmaker(engine)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with factory.begin() as session:
            session.add(Note(id=1, title="Milk", body="Two litres"))
        notes = Notes(factory)
        try:
            assert await notes.rename(1, "Bread") is not None
        finally:
            await notes.session.close()
    finally:
        await engine.dispose()
