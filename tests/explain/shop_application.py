"""A small application whose routes fail in their ways; it is copied to a folder of its own, as the user's code."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import BackgroundTasks, Depends, FastAPI
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict
from sqlalchemy import ForeignKey, create_engine, make_url, select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Owner(Base):
    __tablename__ = "owner"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)


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
    id: int
    owner: OwnerOut


class Shop:
    """The application, its engines and its routes."""

    def __init__(self, url: str) -> None:
        self.engine = create_async_engine(url)
        self.sync_engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
        self.factory = async_sessionmaker(self.engine)
        self.app = FastAPI()
        self.closed: list[str] = []
        self.routes()

    async def fill(self) -> None:
        async with self.engine.begin() as connection:
            await connection.run_sync(Base.metadata.drop_all)
            await connection.run_sync(Base.metadata.create_all)
        async with self.factory.begin() as session:
            for number in range(1, 5):
                session.add(Account(id=number, owner=Owner(id=number, name=f"secret-{4710 + number}")))

    async def dispose(self) -> None:
        await self.engine.dispose()
        self.sync_engine.dispose()

    async def swallow(self) -> None:
        async with self.factory() as session:
            account = (await session.scalars(select(Account).where(Account.id == 1))).one()
            try:
                print(account.owner)
            except Exception:
                print("nobody")

    async def session(self) -> AsyncIterator[AsyncSession]:
        async with self.factory() as session:
            yield session

    def routes(self) -> None:
        get = self.app.get

        @get("/ok")
        async def ok() -> str:
            return "fine"

        @get("/lazy")
        async def lazy() -> str:
            async with self.factory() as session:
                account = (await session.scalars(select(Account).where(Account.id == 1))).one()
                note = "<script>alert('source')</script>"
                return account.owner.name + note

        @get("/model", response_model=AccountOut)
        async def model() -> Any:
            async with self.factory() as session:
                return (await session.scalars(select(Account).where(Account.id == 1))).one()

        @get("/model-of-open-session", response_model=AccountOut)
        async def model_of_open_session(session: Annotated[AsyncSession, Depends(self.session)]) -> Any:
            return (await session.scalars(select(Account).where(Account.id == 1))).one()

        @get("/swallowed")
        async def swallowed() -> Any:
            async with self.factory() as session:
                account = (await session.scalars(select(Account).where(Account.id == 1))).one()
                try:
                    return account.owner.name
                except Exception:
                    return JSONResponse({"error": "try again"}, 500)

        @get("/mended")
        async def mended() -> str:
            async with self.factory() as session:
                account = (await session.scalars(select(Account).where(Account.id == 1))).one()
                try:
                    return account.owner.name
                except Exception:
                    return "nobody"

        @get("/refused")
        async def refused() -> Any:
            await asyncio.sleep(0.04)
            return JSONResponse({"error": "not seen"}, 500)

        @get("/unexplained")
        async def unexplained() -> str:
            raise ValueError("nobody knows")

        @get("/twice")
        async def twice() -> str:
            async with self.factory() as session:
                session.add(Owner(id=100, name=f"secret-{4700 + 11}"))
                await session.commit()
            return "stored"

        @get("/streamed")
        async def streamed() -> StreamingResponse:
            async def parts() -> AsyncIterator[bytes]:
                yield b"first"
                async with self.factory() as session:
                    account = (await session.scalars(select(Account).where(Account.id == 1))).one()
                    yield account.owner.name.encode()

            return StreamingResponse(parts())

        @get("/streamed-500")
        async def streamed_500() -> StreamingResponse:
            async def parts() -> AsyncIterator[bytes]:
                for number in range(20):
                    yield f"part {number} ".encode()
                    await asyncio.sleep(0)

            return StreamingResponse(parts(), 500)

        @get("/background")
        async def background(tasks: BackgroundTasks) -> str:
            tasks.add_task(self.closed.append, "ran")
            return "fine"

        @get("/names-sync")
        def names_sync() -> list[str]:
            with Session(self.sync_engine) as session:
                return [account.owner.name for account in session.scalars(select(Account)).all()]

        @get("/names-run-sync")
        async def names_run_sync() -> list[str]:
            def names(session: Session) -> list[str]:
                return [account.owner.name for account in session.scalars(select(Account)).all()]

            async with self.factory() as session:
                return await session.run_sync(names)

        @get("/one-sync")
        def one_sync() -> str:
            time.sleep(0.02)
            with Session(self.sync_engine) as session:
                name = session.scalars(select(Account).limit(1)).one().owner.name
                time.sleep(0.02)
            return name

        @get("/blocks")
        async def blocks() -> str:
            time.sleep(0.001)
            return "late"

        @get("/sync-engine")
        async def sync_engine() -> Any:
            with self.sync_engine.connect() as connection:
                return connection.scalar(text("SELECT 1"))

        @get("/slow-swallowed/{number}")
        async def slow_swallowed(number: int) -> Any:
            async with self.factory() as session:
                account = (await session.scalars(select(Account).where(Account.id == number))).one()
                await asyncio.sleep(0.02)
                try:
                    return account.owner.name
                except Exception:
                    await asyncio.sleep(0.02)
                    return JSONResponse({}, 500)
