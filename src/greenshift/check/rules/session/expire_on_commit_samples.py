"""The samples of GS301."""

from __future__ import annotations

from greenshift.check.rules.rule import code

BAD = (
    code(
        """\
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

engine = create_async_engine("postgresql+asyncpg://app@db/shop", pool_pre_ping=True)
SessionLocal = async_sessionmaker(engine)
""",
        fixed="""\
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

engine = create_async_engine("postgresql+asyncpg://app@db/shop", pool_pre_ping=True)
SessionLocal = async_sessionmaker(engine, expire_on_commit=False)
""",
        finds="MissingGreenlet",
    ),
    code(
        """\
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import sessionmaker

engine = create_async_engine("postgresql+asyncpg://app@db/shop", pool_pre_ping=True)
SessionLocal = sessionmaker(
    bind=engine,
    class_=AsyncSession,
    autoflush=False,
)
""",
        fixed="""\
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import sessionmaker

engine = create_async_engine("postgresql+asyncpg://app@db/shop", pool_pre_ping=True)
SessionLocal = sessionmaker(
    bind=engine,
    class_=AsyncSession,
    autoflush=False,
    expire_on_commit=False,
)
""",
        finds="expire_on_commit",
    ),
    code(
        """\
from sqlalchemy.ext.asyncio import AsyncSession

from app.engine import engine


async def save(user):
    async with AsyncSession(engine) as session:
        session.add(user)
        await session.commit()
    return user.id
""",
        fixed="""\
from sqlalchemy.ext.asyncio import AsyncSession

from app.engine import engine


async def save(user):
    async with AsyncSession(engine, expire_on_commit=False) as session:
        session.add(user)
        await session.commit()
    return user.id
""",
        finds="AsyncSession",
    ),
)

GOOD = (
    code(
        """\
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

engine = create_async_engine("postgresql+asyncpg://app@db/shop")
SessionLocal = async_sessionmaker(engine, expire_on_commit=False)
"""
    ),
    code(
        """\
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

engine = create_engine("postgresql+psycopg://app@db/shop")
SessionLocal = sessionmaker(engine)
"""
    ),
    code(
        """\
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.engine import engine
from app.settings import session_options

SessionLocal = async_sessionmaker(engine, **session_options)
"""
    ),
    code(
        """\
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.engine import engine


async def save(user):
    async with AsyncSession(engine) as session:
        session.add(user)
        await session.commit()
        await session.close()


async def is_alive():
    async with AsyncSession(engine) as session:
        return await session.scalar(text("SELECT 1")) == 1
"""
    ),
    code(
        """\
from sqlalchemy.ext.asyncio import async_sessionmaker

from app.engine import engine

SessionLocal = async_sessionmaker()
SessionLocal.configure(bind=engine, expire_on_commit=False)
"""
    ),
    code(
        """\
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.engine import engine


class Session(AsyncSession):
    def __init__(self, *args, **kwargs):
        kwargs.setdefault("expire_on_commit", False)
        super().__init__(*args, **kwargs)


SessionLocal = async_sessionmaker(engine, class_=Session)
"""
    ),
)
