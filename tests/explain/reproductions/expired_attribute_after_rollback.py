"""An attribute read after a rollback, which expires objects whatever the factory says."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError
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


async def tried(factory: async_sessionmaker, number: int) -> str:
    async with factory(expire_on_commit=False) as session:
        note = await session.get(Note, number)
        note.title = None
        try:
            await session.commit()
        except IntegrityError:
            await session.rollback()  # where: expired here
        return note.title  # where: read here


async def reproduce(url: str) -> None:
    engine = create_async_engine(url)
    factory = async_sessionmaker(engine)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with factory.begin() as session:
            session.add(Note(id=1, title="Milk", body="Two litres"))
        assert await tried(factory, 1) == "Milk"
    finally:
        await engine.dispose()
