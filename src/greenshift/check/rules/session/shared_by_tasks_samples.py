"""The samples of GS303."""

from __future__ import annotations

from greenshift.check.rules.rule import code

_BEFORE = """\
import asyncio

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from app.models import Order, User
from app.queries import orders, save, users

engine = create_async_engine("postgresql+asyncpg://app@db/shop", pool_pre_ping=True)
SessionLocal = async_sessionmaker(engine, expire_on_commit=False)

"""

BAD = (
    code(
        _BEFORE
        + """
async def dashboard(session: AsyncSession):
    return await asyncio.gather(users(session), orders(session))
""",
        finds="share the session session",
    ),
    code(
        _BEFORE
        + """
async def dashboard():
    async with SessionLocal() as db:
        return await asyncio.gather(
            db.scalars(select(User)),
            db.scalars(select(Order)),
        )
""",
        finds="share the session db",
    ),
    code(
        _BEFORE
        + """
async def save_all(items):
    async with SessionLocal() as session:
        await asyncio.gather(*[save(session, item) for item in items])
        await session.commit()
""",
        finds="share the session session",
    ),
    code(
        _BEFORE
        + """
async def save_all(items, session: AsyncSession):
    tasks = []
    for item in items:
        tasks.append(asyncio.create_task(save(item, session=session)))
    await asyncio.gather(*tasks)
""",
        finds="share the session session",
    ),
    code(
        _BEFORE
        + """
async def dashboard():
    session = SessionLocal()
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(users(session))
            group.create_task(orders(session))
    finally:
        await session.close()
""",
        finds="share the session session",
    ),
    code(
        _BEFORE.replace("AsyncSession, ", "AsyncSession as Session, ")
        + """
from typing import Annotated

from fastapi import Depends


async def get_session():
    async with SessionLocal() as session:
        yield session


SessionDep = Annotated[Session, Depends(get_session)]


async def dashboard(session: SessionDep, names: list[str]):
    tasks = [users(session, name) for name in names]
    return await asyncio.gather(*tasks)
""",
        finds="share the session session",
    ),
)

GOOD = (
    code(
        _BEFORE
        + """
async def one(item):
    async with SessionLocal() as session:
        await save(session, item)


async def save_all(items):
    await asyncio.gather(*[one(item) for item in items])
"""
    ),
    code(
        _BEFORE
        + """
async def dashboard(session: AsyncSession, client):
    return await asyncio.gather(users(session), client.get("/weather"))
"""
    ),
    code(
        _BEFORE
        + """
async def dashboard():
    async with SessionLocal() as first, SessionLocal() as second:
        return await asyncio.gather(users(first), orders(second))
"""
    ),
    code(
        _BEFORE
        + """
async def save_all(items):
    tasks = []
    for item in items:
        async with SessionLocal() as session:
            tasks.append(asyncio.create_task(save(session, item)))
            await tasks[-1]
    await asyncio.gather(*tasks)
"""
    ),
    code(
        _BEFORE
        + """
async def save_all(items, session: AsyncSession):
    for item in items:
        await save(session, item)


async def hand_over(factory: async_sessionmaker):
    return await asyncio.gather(users(factory), orders(factory))
"""
    ),
    code(
        _BEFORE
        + """
lock = asyncio.Lock()


async def locked(session, item):
    async with lock:
        await save(session, item)


async def save_all(items, session: AsyncSession):
    await asyncio.gather(*[locked(session, item) for item in items])
"""
    ),
    code(
        """\
import asyncio

from aiohttp import ClientSession


async def fetch(session, url):
    return await session.get(url)


async def pages(urls):
    async with ClientSession() as session:
        return await asyncio.gather(*[fetch(session, url) for url in urls])
"""
    ),
)
