"""A flush whose error was caught, and a session used further without rollback."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

KIND = "transaction already failed"
DRIVERS = ("asyncpg", "psycopg")


class Base(DeclarativeBase):
    pass


class Owner(Base):
    __tablename__ = "owner"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)


async def reproduce(url: str) -> None:
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with async_sessionmaker(engine)() as session:
            session.add_all([Owner(email="ada@example.org"), Owner(email="ada@example.org")])
            try:
                await session.flush()
            except IntegrityError:
                pass
            await session.scalars(select(Owner))  # where: used again here
    finally:
        await engine.dispose()
