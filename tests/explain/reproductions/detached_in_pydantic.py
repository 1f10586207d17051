"""A Pydantic model reads the relationship of an object whose session has closed."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

KIND = "detached instance"
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


class OwnerOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str


class AccountOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    owner: OwnerOut


async def load(factory: async_sessionmaker, number: int) -> Account:
    async with factory() as session:
        return (await session.execute(select(Account).where(Account.id == number))).scalar_one()  # where: loaded here


async def account_out(factory: async_sessionmaker, number: int) -> AccountOut:
    account = await load(factory, number)
    return AccountOut.model_validate(account)  # where: read here


async def reproduce(url: str) -> None:
    engine = create_async_engine(url)
    factory = async_sessionmaker(engine)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with factory.begin() as session:
            session.add(Account(id=1, owner=Owner(id=1, name="Ada")))
        assert (await account_out(factory, 1)).owner.name == "Ada"
    finally:
        await engine.dispose()
