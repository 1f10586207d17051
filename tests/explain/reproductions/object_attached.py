"""An object loaded by one session, added to another."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

KIND = "object already attached"
DRIVERS = ("asyncpg", "psycopg")
EDITS = True


class Base(DeclarativeBase):
    pass


class Owner(Base):
    __tablename__ = "owner"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


async def reproduce(url: str) -> None:
    engine = create_async_engine(url)
    factory = async_sessionmaker(engine)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with factory.begin() as session:
            session.add(Owner(id=1, name="Ada"))
        async with factory() as first, factory() as second:
            owner = (await first.scalars(select(Owner))).one()  # where: loaded here
            second.add(owner)  # where: attached here
            owner.name = "Grace"
            await second.commit()
        async with factory() as session:
            assert (await session.scalars(select(Owner.name))).one() == "Grace"
    finally:
        await engine.dispose()
