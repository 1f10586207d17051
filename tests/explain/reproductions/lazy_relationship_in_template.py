"""A Jinja template reads the relationship."""

from __future__ import annotations

from jinja2 import Environment
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


PAGE = Environment(autoescape=True).from_string("<h1>{{ account.id }}</h1>\n<p>{{ account.owner.name }}</p>")


async def page(factory: async_sessionmaker, number: int) -> str:
    async with factory() as session:
        account = (await session.scalars(select(Account).filter_by(id=number))).one()  # where: loaded here
        return PAGE.render(account=account)  # where: read here


async def reproduce(url: str) -> None:
    engine = create_async_engine(url)
    factory = async_sessionmaker(engine)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with factory.begin() as session:
            session.add(Account(id=1, owner=Owner(id=1, name="Ada")))
        assert "Ada" in await page(factory, 1)
    finally:
        await engine.dispose()
