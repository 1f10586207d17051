"""An ``await`` before ``session.add``."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

KIND = "nothing to await"
DRIVERS = ("asyncpg", "psycopg")
EDITS = True


class Base(DeclarativeBase):
    pass


class Account(Base):
    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


async def save(session: AsyncSession, name: str) -> None:
    await session.add(Account(name=name))  # where: awaited here
    await session.commit()


async def reproduce(url: str) -> None:
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with AsyncSession(engine) as session:
            await save(session, "Ada")
    finally:
        await engine.dispose()
