"""A small mapped schema, and a way to run the same sync code against a sync or an asyncio engine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, ForeignKey, create_engine
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

Result = TypeVar("Result")

SYNC = ("psycopg", "pysqlite")
ASYNC = ("psycopg_async", "asyncpg", "aiosqlite")
DRIVERS = SYNC + ASYNC
POSTGRES = ("psycopg", "psycopg_async", "asyncpg")


class Base(DeclarativeBase):
    pass


class Branch(Base):
    __tablename__ = "trace_branch"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    story: Mapped[str] = mapped_column(deferred=True, default="")
    leaves: Mapped[list[Leaf]] = relationship(back_populates="branch", order_by="Leaf.id")


class Leaf(Base):
    __tablename__ = "trace_leaf"
    id: Mapped[int] = mapped_column(primary_key=True)
    branch_id: Mapped[int] = mapped_column(ForeignKey("trace_branch.id"))
    branch: Mapped[Branch] = relationship(back_populates="leaves")


@dataclass
class Driver:
    """One driver's engines on one database."""

    name: str
    url: URL
    engines: list[Engine | AsyncEngine] = field(default_factory=list)

    @property
    def is_async(self) -> bool:
        return self.name in ASYNC

    @property
    def is_postgres(self) -> bool:
        return self.name in POSTGRES

    def engine(self, **options: Any) -> Engine | AsyncEngine:
        """Make an engine that is disposed of at the end of the test."""
        engine = create_async_engine(self.url, **options) if self.is_async else create_engine(self.url, **options)
        self.engines.append(engine)
        return engine

    def in_session(self, work: Callable[[Session], Result], **options: Any) -> Result:
        """Run sync code in a session; for asyncio inside the greenlet, on a loop of its own."""
        engine = self.engine(**options)
        if isinstance(engine, Engine):
            with Session(engine) as session:
                return work(session)

        async def main() -> Result:
            async with AsyncSession(engine) as session:
                result = await session.run_sync(work)
            await engine.dispose()
            return result

        return asyncio.run(main())

    def connected(
        self, *steps: Callable[[Connection], Result], engine: Engine | AsyncEngine | None = None
    ) -> list[Result]:
        """Run each step on a connection checked out for it alone, all on one loop."""
        engine = engine or self.engine()
        if isinstance(engine, Engine):
            results = []
            for step in steps:
                with engine.connect() as connection:
                    results.append(step(connection))
            return results

        async def main() -> list[Result]:
            results = []
            for step in steps:
                async with engine.connect() as connection:
                    results.append(await connection.run_sync(step))
            await engine.dispose()
            return results

        return asyncio.run(main())

    def dispose(self) -> None:
        for engine in self.engines:
            if isinstance(engine, Engine):
                engine.dispose()
