"""The application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from auth_service.database import engine
from auth_service.routers import accounts


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Close the pool's connections when the application stops."""
    yield
    await engine.dispose()


app = FastAPI(title="Platform: auth service", lifespan=lifespan)
app.include_router(accounts.router)
