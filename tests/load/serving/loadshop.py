"""A small application in a sync and an async version, and broken ones."""

from __future__ import annotations

from pathlib import Path

SYNC = """
import os, time
from fastapi import FastAPI
from sqlalchemy import create_engine, text

engine = create_engine(os.environ["DATABASE_URL"], pool_size=3, max_overflow=1)
app = FastAPI()
DELAY = float(os.environ.get("SHOP_DELAY", "0"))


@app.get("/items")
def items():
    time.sleep(DELAY)
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        return {"items": connection.scalar(text("SELECT count(*) FROM items"))}


@app.post("/items", status_code=201)
def add():
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO items (name) VALUES ('new')"))
    return {}


@app.get("/held")
def held():
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_sleep(0.2)"))
    return {}


@app.get("/blocked")
async def blocked():
    time.sleep(0.3)
    return {}
"""

ASYNC = """
import asyncio, os
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(os.environ["DATABASE_URL"], pool_size=3, max_overflow=1)
app = FastAPI()


@app.get("/items")
async def items():
    await asyncio.sleep(float(os.environ.get("SHOP_DELAY", "0")))
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 1"))
        return {"items": await connection.scalar(text("SELECT count(*) FROM items"))}
"""

SCENARIO = """
[[step]]
path = "/items"
"""

ROWS = """
CREATE TABLE items (id serial PRIMARY KEY, name text);
INSERT INTO items (name) SELECT 'a' FROM generate_series(1, 5);
"""


def shop(folder: Path, source: str = SYNC) -> Path:
    """Write an application to a new folder."""
    folder.mkdir(parents=True)
    (folder / "shop.py").write_text(source)
    (folder / "rows.sql").write_text(ROWS)
    (folder / "scenario.toml").write_text(SCENARIO)
    return folder
