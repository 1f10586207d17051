"""A variable that holds the coroutine of the application's own function."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

KIND = "coroutine not awaited"
DRIVERS = ("asyncpg", "psycopg")
EDITS = True


class Base(DeclarativeBase):
    pass


class Account(Base):
    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


async def find_account(session: AsyncSession, number: int) -> Account:
    return await session.get_one(Account, number)


async def name_of(session: AsyncSession, number: int) -> str:
    account = find_account(  # where: not awaited here
        session,
        number,
    )
    return account.name  # where: used here


async def reproduce(url: str) -> None:
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with AsyncSession(engine) as session:
            session.add(Account(id=1, name="Ada"))
            await session.commit()
            assert await name_of(session, 1) == "Ada"
    finally:
        await engine.dispose()
