"""A serializer in another function reads the relationship, of an object loaded by Query in run_sync."""

from __future__ import annotations

import json

from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

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


def to_dict(account: Account) -> dict[str, object]:
    return {"id": account.id, "owner": account.owner.name}  # where: read here


def first(session: Session) -> Account:
    return session.query(Account).order_by(Account.id).first()  # where: loaded here


async def as_json(factory: async_sessionmaker) -> str:
    async with factory() as session:
        account = await session.run_sync(first)
        return json.dumps(to_dict(account))  # where: called here


async def reproduce(url: str) -> None:
    engine = create_async_engine(url)
    factory = async_sessionmaker(engine)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with factory.begin() as session:
            session.add(Account(id=1, owner=Owner(id=1, name="Ada")))
        assert json.loads(await as_json(factory)) == {"id": 1, "owner": "Ada"}
    finally:
        await engine.dispose()
