"""All attributes of a committed object, read by a Pydantic model."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

KIND = "expired attribute"
DRIVERS = ("asyncpg", "psycopg")
EDITS = True


class Base(DeclarativeBase):
    pass


class Note(Base):
    __tablename__ = "note"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    body: Mapped[str]


class NoteOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int
    title: str


async def create(factory: async_sessionmaker, title: str) -> NoteOut:
    async with factory() as session:
        note = Note(title=title, body="")
        session.add(note)
        await session.commit()  # where: expired here
        return NoteOut.model_validate(note)  # where: read here


async def reproduce(url: str) -> None:
    engine = create_async_engine(url)
    factory = async_sessionmaker(engine)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with factory.begin() as session:
            session.add(Note(title="Milk", body="Two litres"))
        assert (await create(factory, "Bread")).title == "Bread"
    finally:
        await engine.dispose()
