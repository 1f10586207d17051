"""A Jinja template in a file reads a collection in a loop."""

from __future__ import annotations

import tempfile
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
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
    accounts: Mapped[list[Account]] = relationship()


class Account(Base):
    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("owner.id"))


TEMPLATE = """
<h1>{{ owner.name }}</h1>
{% for account in owner.accounts %}
  <p>{{ account.id }}</p>
{% endfor %}
"""


async def page(factory: async_sessionmaker, number: int, folder: str) -> str:
    Path(folder, "owner.html").write_text(TEMPLATE)
    environment = Environment(loader=FileSystemLoader(folder), autoescape=True, enable_async=True)
    template = environment.get_template("owner.html")
    async with factory() as session:
        owner = (await session.execute(select(Owner).filter_by(id=number))).scalar_one()  # where: loaded here
        return await template.render_async(owner=owner)  # where: called here


async def reproduce(url: str) -> None:
    engine = create_async_engine(url)
    factory = async_sessionmaker(engine)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with factory.begin() as session:
            session.add(Owner(id=1, name="Ada", accounts=[Account(id=7)]))
        with tempfile.TemporaryDirectory() as folder:
            assert "<p>7</p>" in await page(factory, 1, folder)
    finally:
        await engine.dispose()
