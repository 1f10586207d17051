"""The samples of GS110."""

from __future__ import annotations

from greenshift.check.rules.rule import code

BAD = (
    code(
        """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://app@db/shop", pool_pre_ping=True)


async def pool_status():
    pool = engine.pool
    return {"size": pool.size(), "invalid": pool.invalid()}
""",
        finds="has no attribute 'invalid'",
    ),
    code(
        """\
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

engine = create_engine("postgresql+psycopg://app@db/shop", poolclass=NullPool)


def pool_status():
    return {"size": engine.pool.size()}
""",
        finds="'NullPool' object has no attribute 'size'",
    ),
    code(
        """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://app@db/shop", pool_pre_ping=True)


def in_use():
    return engine.sync_engine.pool.checked_out()
""",
        finds="checkedout()",
    ),
    code(
        """\
from sqlalchemy.ext.asyncio import create_async_engine


class Database:
    def __init__(self, url):
        self._engine = create_async_engine(url, pool_pre_ping=True)

    async def health(self):
        try:
            pool = self._engine.pool
            return {"status": "healthy", "out": pool.checkedout(), "invalid": pool.invalid()}
        except Exception as error:
            return {"status": "unhealthy", "error": str(error)}
""",
        finds="has no attribute 'invalid'",
    ),
    code(
        """\
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = "postgresql+psycopg://app@db/shop"
app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"pool_pre_ping": True}
db = SQLAlchemy(app)


def pool_status():
    return {"size": db.engine.pool.size(), "total": db.engine.pool.total()}
""",
        finds="has no attribute 'total'",
    ),
)

GOOD = (
    code(
        """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://app@db/shop", pool_pre_ping=True)


async def pool_status():
    pool = engine.pool
    return {
        "size": pool.size(),
        "in": pool.checkedin(),
        "out": pool.checkedout(),
        "overflow": pool.overflow(),
        "all": engine.sync_engine.pool.status(),
    }
"""
    ),
    code(
        """\
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

engine = create_engine("postgresql+psycopg://app@db/shop", poolclass=NullPool)


def pool_status():
    pool = engine.pool
    return {
        "size": pool.size() if hasattr(pool, "size") else None,
        "out": getattr(pool, "checkedout", lambda: None)(),
        "invalid": pool.invalid() if hasattr(pool, "invalid") else 0,
    }


def sizes():
    try:
        return engine.pool.size()
    except AttributeError:
        return None


def report():
    try:
        return {"size": engine.pool.size()}
    except Exception:
        return {}
"""
    ),
    code(
        """\
import os

from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool, QueuePool

engine = create_engine(os.environ["DATABASE_URL"], poolclass=NullPool if os.environ.get("TESTING") else QueuePool)


def pool_status():
    return {"size": engine.pool.size()}
"""
    ),
    code(
        """\
from app.workers import engine


def status():
    return engine.pool.total()
"""
    ),
)
