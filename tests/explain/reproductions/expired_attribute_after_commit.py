"""An attribute read after a commit: the factory lets commits expire what they hold."""

from __future__ import annotations

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


async def rename(factory: async_sessionmaker, number: int, title: str) -> str:
    async with factory() as session:
        note = await session.get(Note, number)
        note.title = title
        await session.commit()  # where: expired here
        return note.title  # where: read here


async def reproduce(url: str) -> None:
    engine = create_async_engine(url)
    factory = async_sessionmaker(engine)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with factory.begin() as session:
            session.add(Note(id=1, title="Milk", body="Two litres"))
        assert await rename(factory, 1, "Bread") == "Bread"
    finally:
        await engine.dispose()
