"""The samples of GS403."""

from __future__ import annotations

from typing import Final

from greenshift.check.rules.rule import Sample, code

_DATABASE = """\
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

engine = create_async_engine("postgresql+asyncpg://localhost/shop", pool_pre_ping=True)
SessionLocal = async_sessionmaker(engine, expire_on_commit=False)
"""
_TASKS = """\
import asyncio

from celery import shared_task
from sqlalchemy import text

from app.database import SessionLocal


async def remove_old_carts():
    async with SessionLocal() as session:
        await session.execute(text("DELETE FROM carts WHERE left_at < now() - interval '1 day'"))
        await session.commit()


@shared_task
def clean_up():
    asyncio.run(remove_old_carts())
"""
_WRAPPED = """\
import asyncio

from celery import Celery
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

app = Celery("shop")
engine = create_async_engine("postgresql+asyncpg://localhost/shop")


def run(coroutine):
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(coroutine)
    finally:
        loop.close()


async def count():
    async with engine.connect() as connection:
        return await connection.scalar(text("SELECT count(*) FROM carts"))


async def report():
    print(await count())


@app.task(bind=True)
def send_report(self):
    run(report())
"""
_ROUTE = """\
import asyncio

from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

app = FastAPI()
engine = create_async_engine("postgresql+asyncpg://localhost/shop")


async def count():
    async with engine.connect() as connection:
        return await connection.scalar(text("SELECT count(*) FROM carts"))


@app.get("/carts/count")
def carts():
    return asyncio.run(count())
"""
_POLLING = """\
import asyncio
import time

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://localhost/shop")


async def work():
    async with engine.begin() as connection:
        await connection.execute(text("CALL next_job()"))


def main():
    while True:
        asyncio.run(work())
        time.sleep(1)
"""

BAD: Final = (
    Sample({"app/database.py": _DATABASE, "app/tasks.py": _TASKS}, finds="for each task"),
    code(_WRAPPED, finds="runs report() in a new event loop for each task"),
    code(_ROUTE, finds="for each request"),
    code(_POLLING, finds="again and again"),
)
GOOD: Final = (
    Sample(
        {
            "app/database.py": _DATABASE.replace("pool_pre_ping=True", "poolclass=NullPool").replace(
                "\n\n", "\nfrom sqlalchemy.pool import NullPool\n\n", 1
            ),
            "app/tasks.py": _TASKS,
        }
    ),
    Sample(
        {
            "app/database.py": _DATABASE,
            "app/tasks.py": _TASKS.replace("import SessionLocal", "import SessionLocal, engine").replace(
                "        await session.commit()\n", "        await session.commit()\n    await engine.dispose()\n"
            ),
        }
    ),
    # One loop for the whole process.
    Sample({"app/database.py": _DATABASE, "app/main.py": _TASKS.replace("@shared_task\n", "")}),
    code(
        _WRAPPED.replace("asyncio.new_event_loop()", "asyncio.get_event_loop()").replace(
            "    try:\n        return loop.run_until_complete(coroutine)\n    finally:\n        loop.close()\n",
            "    return loop.run_until_complete(coroutine)\n",
        )
    ),
    # An engine of its own each time.
    code(
        """\
import asyncio

from celery import shared_task
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine


async def remove_old_carts():
    engine = create_async_engine("postgresql+asyncpg://localhost/shop")
    async with engine.begin() as connection:
        await connection.execute(text("DELETE FROM carts WHERE left_at < now() - interval '1 day'"))
    await engine.dispose()


@shared_task
def clean_up():
    asyncio.run(remove_old_carts())
"""
    ),
    # psycopg's connections do not belong to a loop.
    Sample({"app/database.py": _DATABASE.replace("asyncpg", "psycopg"), "app/tasks.py": _TASKS}),
    code(
        """\
import asyncio

from celery import shared_task
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://localhost/shop")


async def notify(address):
    await asyncio.sleep(0)
    print(address)


@shared_task
def notify_all(addresses):
    asyncio.run(notify(addresses))
"""
    ),
)
