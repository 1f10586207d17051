"""A test writes on its own loop, then asks the application through TestClient."""

from __future__ import annotations

import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

KIND = "TestClient's event loop"
DRIVERS = ("asyncpg",)  # psycopg's connections wait on whatever loop is running


async def write(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:  # where: opened here
        await connection.execute(text("CREATE TABLE account (id int)"))


def reproduce(url: str) -> None:
    engine = create_async_engine(url)

    async def accounts(_: Request) -> PlainTextResponse:
        async with engine.connect() as connection:
            count = (await connection.execute(text("SELECT count(*) FROM account"))).scalar_one()  # where: used here
        return PlainTextResponse(str(count))

    app = Starlette(routes=[Route("/accounts", accounts)])
    try:
        asyncio.run(write(engine))
        assert TestClient(app).get("/accounts").text == "0"  # where: TestClient called here
    finally:
        engine.sync_engine.dispose(close=False)
