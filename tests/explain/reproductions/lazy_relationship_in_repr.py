"""A __repr__ reads the relationship, for a line that only prints the object."""

from __future__ import annotations

from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

KIND = "lazy relationship"
DRIVERS = ("asyncpg", "psycopg")
EDITS = True


class Base(DeclarativeBase):
    pass


class Owner(Base):
    __tablename__ = "owner"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Account(Base):
    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("owner.id"))
    owner: Mapped[Owner] = relationship()

    def __repr__(self) -> str:
        return f"<Account {self.id} of {self.owner.name}>"  # where: read here


async def described(factory: async_sessionmaker) -> list[str]:
    async with factory() as session:
        accounts = (await session.scalars(select(Account))).all()  # where: loaded here
        return [f"{account!r}" for account in accounts]


async def reproduce(url: str) -> None:
    engine = create_async_engine(url)
    factory = async_sessionmaker(engine)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with factory.begin() as session:
            session.add(Account(id=1, owner=Owner(id=1, name="Ada")))
        assert await described(factory) == ["<Account 1 of Ada>"]
    finally:
        await engine.dispose()
