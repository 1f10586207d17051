"""A second row with an address that must be unique, sent by a commit."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

KIND = "unique violation"
DRIVERS = ("asyncpg", "psycopg")


class Base(DeclarativeBase):
    pass


class Owner(Base):
    __tablename__ = "owner"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)


async def register(factory: async_sessionmaker, email: str) -> None:
    async with factory() as session:
        session.add(Owner(email=email))
        await session.commit()  # where: flushed here


async def reproduce(url: str) -> None:
    engine = create_async_engine(url)
    factory = async_sessionmaker(engine)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        await register(factory, "ada@example.org")
        await register(factory, "ada@example.org")
    finally:
        await engine.dispose()
