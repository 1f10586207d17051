"""A column that load_only() left out."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, load_only, mapped_column

KIND = "deferred column"
DRIVERS = ("asyncpg", "psycopg")
EDITS = True


class Base(DeclarativeBase):
    pass


class Note(Base):
    __tablename__ = "note"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    body: Mapped[str]


async def body_of(factory: async_sessionmaker, number: int) -> str:
    async with factory() as session:
        statement = select(Note).options(load_only(Note.title))
        statement = statement.where(Note.id == number)
        async for note in await session.stream_scalars(statement):  # where: loaded here
            return note.body  # where: read here
        raise AssertionError


async def reproduce(url: str) -> None:
    engine = create_async_engine(url)
    factory = async_sessionmaker(engine)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with factory.begin() as session:
            session.add(Note(id=1, title="Milk", body="Two litres"))
        assert await body_of(factory, 1) == "Two litres"
    finally:
        await engine.dispose()
