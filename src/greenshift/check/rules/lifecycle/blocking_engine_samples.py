"""The samples of GS408."""

from __future__ import annotations

from typing import Final

from greenshift.check.rules.rule import Sample, code

_DATABASE = """\
from typing import Annotated

from fastapi import Depends
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine("postgresql+psycopg://localhost/shop")
SessionLocal = sessionmaker(engine)


def get_session():
    with SessionLocal() as session:
        yield session


SessionDep = Annotated[Session, Depends(get_session)]
"""
_INJECTED = """\
from fastapi import APIRouter, Depends
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.database import get_session

router = APIRouter()


@router.get("/items")
async def items(session: Session = Depends(get_session)):
    return session.execute(text("SELECT name FROM items")).scalars().all()
"""
_ALIAS = """\
from fastapi import APIRouter
from sqlalchemy import text

from app.database import SessionDep
from app.models import Item

router = APIRouter()


@router.get("/items/{number}")
async def item(number: int, session: SessionDep):
    return session.query(Item).filter(Item.id == number).first()
"""
_OPENED = """\
from fastapi import FastAPI
from sqlalchemy import text

from app.database import SessionLocal, engine

app = FastAPI()


@app.get("/items")
async def items():
    with SessionLocal() as session:
        return session.scalars(text("SELECT name FROM items")).all()


@app.get("/health")
async def health():
    with engine.connect() as connection:
        return connection.scalar(text("SELECT 1"))
"""

BAD: Final = (
    Sample({"app/database.py": _DATABASE, "app/routes.py": _INJECTED}, finds="session.execute(...)"),
    Sample({"app/database.py": _DATABASE, "app/routes.py": _ALIAS}, finds="blocks the event loop in the route item"),
    Sample({"app/database.py": _DATABASE, "app/main.py": _OPENED}, finds="engine.connect()"),
)
GOOD: Final = (
    Sample({"app/database.py": _DATABASE, "app/routes.py": _INJECTED.replace("async def", "def")}),
    Sample({"app/database.py": _DATABASE, "app/main.py": _OPENED.replace("async def", "def")}),
    Sample(
        {
            "app/database.py": _DATABASE,
            "app/main.py": """\
from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import text

from app.database import SessionLocal

app = FastAPI()


@app.get("/items")
async def items():
    def load():
        with SessionLocal() as session:
            return session.scalars(text("SELECT name FROM items")).all()

    return await run_in_threadpool(load)
""",
        }
    ),
    Sample(
        {
            "app/database.py": _DATABASE.replace("postgresql+psycopg://localhost/shop", "sqlite:///shop.db"),
            "app/routes.py": _INJECTED,
        }
    ),
    code(
        """\
from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

app = FastAPI()
migrations = create_engine("postgresql+psycopg://localhost/shop")
engine = create_async_engine("postgresql+asyncpg://localhost/shop")
SessionLocal = async_sessionmaker(engine, expire_on_commit=False)


async def get_session():
    async with SessionLocal() as session:
        yield session


@app.get("/items")
async def items(session: AsyncSession = Depends(get_session)):
    found = await session.execute(text("SELECT name FROM items"))
    return found.scalars().all()
"""
    ),
)
