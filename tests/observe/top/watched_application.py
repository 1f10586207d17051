"""An application that greenshift.observe watches; uvicorn runs it with several workers."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from greenshift import observe

engine = create_async_engine(os.environ["DATABASE_URL"], pool_size=2, max_overflow=0)
observer = observe.install(engine, name="main", slow=0.01)


async def work(request: Request) -> PlainTextResponse:
    async with engine.connect() as connection:
        await connection.execute(text("SELECT pg_sleep(0.02)"))
    return PlainTextResponse(str(os.getpid()))


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    yield
    observer.close()
    await engine.dispose()


app = Starlette(routes=[Route("/work", work), Mount("/observe", observer.asgi)], lifespan=lifespan)
