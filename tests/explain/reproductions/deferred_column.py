"""A column that the model defers."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

KIND = "deferred column"
DRIVERS = ("asyncpg", "psycopg")
EDITS = True


class Base(DeclarativeBase):
    pass


class Note(Base):
    __tablename__ = "note"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    body: Mapped[str] = mapped_column(deferred=True)


async def bodies(factory: async_sessionmaker) -> list[str]:
    async with factory() as session:
        notes = (await session.scalars(select(Note))).all()  # where: loaded here
        return [note.body for note in notes]  # where: read here


async def reproduce(url: str) -> None:
    engine = create_async_engine(url)
    factory = async_sessionmaker(engine)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with factory.begin() as session:
            session.add(Note(id=1, title="Milk", body="Two litres"))
        assert await bodies(factory) == ["Two litres"]
    finally:
        await engine.dispose()
