"""The application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from sqlalchemy import text

from finance.database import engine
from finance.errors import FinanceError
from finance.routers import accounts, tokens


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Reach the database before the first request, and let go of it after the last one."""
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 1"))
    yield
    await engine.dispose()


app = FastAPI(title="Finance", lifespan=lifespan)
app.include_router(accounts.router)
app.include_router(tokens.router)


@app.exception_handler(FinanceError)
async def explain(_: Request, error: FinanceError) -> JSONResponse:
    """Turn an error of the services into its HTTP status."""
    return JSONResponse({"detail": str(error)}, status_code=error.status_code)
