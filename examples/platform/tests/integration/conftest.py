"""The auth service beside Greenshift's `async_client`, which is the backend."""

from collections.abc import AsyncIterator

import httpx
import pytest_asyncio
from asgi_lifespan import LifespanManager

from auth_service.main import app


@pytest_asyncio.fixture
async def auth_client() -> AsyncIterator[httpx.AsyncClient]:
    """The auth service, with its lifespan."""
    async with (
        LifespanManager(app) as lifespan,
        httpx.AsyncClient(transport=httpx.ASGITransport(app=lifespan.app), base_url="http://auth") as client,
    ):
        yield client
