"""A route returns an object, and FastAPI's response model reads its relationship."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from httpx import ASGITransport, AsyncClient
from pydantic import BaseModel, ConfigDict
from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
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


class OwnerOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str


class AccountOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    owner: OwnerOut


async def get_session(request: Request) -> AsyncIterator[AsyncSession]:
    async with request.app.state.factory() as session:
        yield session


app = FastAPI()


@app.get("/accounts/{number}", response_model=AccountOut)
async def read_account(number: int, session: Annotated[AsyncSession, Depends(get_session)]) -> Account | None:
    return await session.scalar(select(Account).where(Account.id == number))  # where: loaded here


async def reproduce(url: str) -> None:
    engine = create_async_engine(url)
    app.state.factory = factory = async_sessionmaker(engine)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with factory.begin() as session:
            session.add(Account(id=1, owner=Owner(id=1, name="Ada")))
        async with AsyncClient(transport=ASGITransport(app), base_url="http://app") as client:
            response = await client.get("/accounts/1")
            assert response.json() == {"owner": {"name": "Ada"}}
    finally:
        await engine.dispose()
