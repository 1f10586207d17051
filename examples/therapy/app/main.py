"""The application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app.database import engine
from app.routers import auth, patients, sessions


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Close the pool's connections when the application stops."""
    yield
    await engine.dispose()


app = FastAPI(title="Therapy sessions", lifespan=lifespan)
app.include_router(auth.router)
app.include_router(patients.router)
app.include_router(sessions.router)
