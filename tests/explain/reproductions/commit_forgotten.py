"""A service that flushes and forgets to commit, and a test that looks with a session of its own."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

KIND = "commit forgotten"
DRIVERS = ("asyncpg", "psycopg")
STATIC = False  # any exception may come of it
EDITS = True
EXTRA = "uncommitted"


class Base(DeclarativeBase):
    pass


class Owner(Base):
    __tablename__ = "owner"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


async def register(factory: async_sessionmaker, name: str) -> None:
    async with factory() as session:
        session.add(Owner(name=name))
        await session.flush()  # where: written here


async def reproduce(url: str) -> None:
    engine = create_async_engine(url)
    factory = async_sessionmaker(engine)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        await register(factory, "Ada")
        async with factory() as session:
            owner = (await session.scalars(select(Owner).where(Owner.name == "Ada"))).one()  # where: read here
            assert owner.name == "Ada"
    finally:
        await engine.dispose()
