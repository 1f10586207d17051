"""Two relationships that a Pydantic model reads with from_attributes: Pydantic swallows the error."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict
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
    branch_id: Mapped[int] = mapped_column(ForeignKey("branch.id"))
    branch: Mapped[Branch] = relationship()


class Branch(Base):
    __tablename__ = "branch"
    id: Mapped[int] = mapped_column(primary_key=True)
    city: Mapped[str]


class Named(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str


class Located(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    city: str


class AccountOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int
    owner: Named
    branch: Located


async def account_out(factory: async_sessionmaker, number: int) -> AccountOut:
    async with factory() as session:
        result = await session.execute(select(Account).where(Account.id == number))  # where: loaded here
        return AccountOut.model_validate(result.scalar_one())  # where: read here


async def reproduce(url: str) -> None:
    engine = create_async_engine(url)
    factory = async_sessionmaker(engine)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with factory.begin() as session:
            session.add(Account(id=1, owner=Owner(name="Ada"), branch=Branch(city="Turin")))
        out = await account_out(factory, 1)
        assert (out.owner.name, out.branch.city) == ("Ada", "Turin")
    finally:
        await engine.dispose()
