"""A property asks the object's own session, which is the sync one."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, object_session

KIND = "missing greenlet"
DRIVERS = ("asyncpg", "psycopg")


class Base(DeclarativeBase):
    pass


class Note(Base):
    __tablename__ = "note"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    body: Mapped[str]

    @property
    def namesakes(self) -> int:
        statement = select(func.count()).where(Note.title == self.title)
        return object_session(self).execute(statement).scalar_one()  # where: sent here


async def namesakes(factory: async_sessionmaker, number: int) -> int:
    async with factory() as session:
        note = await session.get(Note, number)
        return note.namesakes


async def reproduce(url: str) -> None:
    engine = create_async_engine(url)
    factory = async_sessionmaker(engine)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with factory.begin() as session:
            session.add(Note(id=1, title="Milk", body="Two litres"))
        assert await namesakes(factory, 1) == 1
    finally:
        await engine.dispose()
