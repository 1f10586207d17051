"""GS302: a session of one kind on an engine of the other."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from greenshift.check.facts import Engine, Program, SessionFactory
from greenshift.check.rules.rule import Rule, code
from greenshift.check.usage.usage import usage_of
from greenshift.report.findings import Finding, Severity


class SessionClass(Rule):
    """``sessionmaker(async_engine)`` without ``class_=AsyncSession``."""

    id = "GS302"
    title = "a sync session on an asyncio engine, or an asyncio session on a sync engine"
    severity = Severity.ERROR
    why = (
        "sessionmaker(async_engine) makes ordinary sessions, without complaint; their first statement raises "
        "`AsyncContextNotStarted: AsyncConnection context has not been started and object has not been awaited`. The "
        "other way around, an AsyncSession on a sync engine raises `ArgumentError: AsyncEngine expected, got "
        "Engine(...)` when the session is made. Both are the same in SQLAlchemy 2.0 and 2.1."
    )
    source = "https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#sqlalchemy.ext.asyncio.async_sessionmaker"
    fix = "use async_sessionmaker with create_async_engine, and sessionmaker with create_engine"
    bad = (
        code(
            """\
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import sessionmaker

engine = create_async_engine("postgresql+asyncpg://app@db/shop", pool_pre_ping=True)
SessionLocal = sessionmaker(bind=engine, expire_on_commit=False)
""",
            finds="AsyncContextNotStarted",
        ),
        code(
            """\
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import sessionmaker

engine = create_engine("postgresql+psycopg://app@db/shop", pool_pre_ping=True)
SessionLocal = sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)
""",
            finds="AsyncEngine expected",
        ),
        code(
            """\
from sqlmodel import Session
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://app@db/shop", pool_pre_ping=True)


def users():
    with Session(engine) as session:
        return session.execute("SELECT 1")
""",
            finds="Session",
        ),
    )
    good = (
        code(
            """\
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import sessionmaker

engine = create_async_engine("postgresql+asyncpg://app@db/shop")
SessionLocal = sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)
"""
        ),
        code(
            """\
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import Session

engine = create_async_engine("postgresql+asyncpg://app@db/shop")


def in_greenlet():
    with Session(engine.sync_engine) as session:
        return session.connection()


sync_engine = engine.sync_engine


def also_in_greenlet():
    with Session(bind=sync_engine) as session:
        return session.connection()
"""
        ),
        code(
            """\
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import sessionmaker

engine = create_engine("postgresql+psycopg://app@db/shop")
async_engine = create_async_engine("postgresql+psycopg://app@db/shop")
SessionLocal = sessionmaker(engine)
AsyncSessionLocal = async_sessionmaker(async_engine, expire_on_commit=False)
"""
        ),
        code(
            """\
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker

engine = AsyncEngine(create_engine("postgresql+asyncpg://app@db/shop"))
SessionLocal = async_sessionmaker(engine, expire_on_commit=False)
"""
        ),
        code(
            """\
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import sessionmaker

engine = create_async_engine("postgresql+asyncpg://app@db/shop")
SessionLocal = sessionmaker(class_=AsyncSession, expire_on_commit=False)


async def session():
    async with SessionLocal(bind=engine) as session:
        yield session
"""
        ),
    )

    def session_factory(self, factory: SessionFactory, program: Program) -> Iterable[Finding]:
        """Compare the kinds of session and engine."""
        engine = factory.engine
        if engine is None or factory.kind is None or factory.kind == engine.kind:
            return
        if not factory.is_live and not _is_bound(factory, engine, program):
            return
        if factory.kind == "sync":
            message = (
                f"{factory.made_by} makes sync sessions for the asyncio engine {engine.name}: their first statement "
                "raises AsyncContextNotStarted"
            )
        else:
            message = (
                f"{factory.made_by} makes asyncio sessions for the sync engine {engine.name}: ArgumentError "
                "(AsyncEngine expected, got Engine)"
            )
        yield self.found(
            message, factory.place, subject=factory.subject, related=[(engine.place, f"the {engine.kind} engine")]
        )


def _is_bound(factory: SessionFactory, engine: Engine, program: Program) -> bool:
    """Whether the engine itself is given in the call: an asyncio engine's ``sync_engine`` is another matter."""
    names = usage_of(program).names
    for file in program.files:
        for call in file.nodes(ast.Call) if file.path == factory.place.file else ():
            if file.place(call) == factory.place:
                given = [*call.args[:1], *(keyword.value for keyword in call.keywords if keyword.arg == "bind")]
                return any(engine in names.engines(file, argument) for argument in given)
    return False
