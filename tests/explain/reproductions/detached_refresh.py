"""An object of one session is refreshed by another."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

KIND = "detached instance"
DRIVERS = ("asyncpg", "psycopg")


class Base(DeclarativeBase):
    pass


class Note(Base):
    __tablename__ = "note"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    body: Mapped[str]


async def title_of(factory: async_sessionmaker, number: int) -> str:
    async with factory() as session:
        note = await session.get(Note, number)
    async with factory() as session:
        await session.refresh(note)  # where: used here
        return note.title


async def reproduce(url: str) -> None:
    engine = create_async_engine(url)
    factory = async_sessionmaker(engine)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with factory.begin() as session:
            session.add(Note(id=1, title="Milk", body="Two litres"))
        assert await title_of(factory, 1) == "Milk"
    finally:
        await engine.dispose()
