"""A Query in a helper that was given the sync session: the flush before it is the first to fail."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

KIND = "missing greenlet"
DRIVERS = ("asyncpg", "psycopg")


class Base(DeclarativeBase):
    pass


class Note(Base):
    __tablename__ = "note"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]


def count(session: Session) -> int:
    return session.query(Note).count()  # where: sent here


async def add(factory: async_sessionmaker, title: str) -> int:
    async with factory() as session:
        session.add(Note(title=title))
        return count(session.sync_session)


async def reproduce(url: str) -> None:
    engine = create_async_engine(url)
    factory = async_sessionmaker(engine)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with factory.begin() as session:
            session.add(Note(title="Milk"))
        assert await add(factory, "Bread") == 2
    finally:
        await engine.dispose()
