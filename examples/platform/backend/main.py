"""The application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from backend import unavailable
from backend.database import engine
from backend.routers import chat, messages


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Close the pool's connections when the application stops."""
    yield
    await engine.dispose()


app = FastAPI(title="Platform: backend", lifespan=lifespan)
unavailable.add_handlers(app)
app.include_router(messages.router)
app.include_router(chat.router)
