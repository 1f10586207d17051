"""Attempt 5: no transaction around the session, only a rollback at the end; new tables for each test."""

import os
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from httpx import ASGITransport, AsyncClient
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import NullPool

from finance.database import get_session
from finance.main import app
from finance.models import Base
from finance.tokens import TokenService


@pytest_asyncio.fixture
async def engine() -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(os.environ["TEST_DATABASE_URL"], poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    yield engine
    await engine.dispose()


@pytest_asyncio.fixture
async def async_db_session(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    async with AsyncSession(engine, expire_on_commit=False) as session:
        try:
            yield session
        finally:
            await session.rollback()


@pytest.fixture
def tokens(async_db_session: AsyncSession) -> TokenService:
    return TokenService(async_db_session)


@pytest_asyncio.fixture
async def async_client(async_db_session: AsyncSession) -> AsyncIterator[AsyncClient]:
    async def the_tests_session() -> AsyncIterator[AsyncSession]:
        yield async_db_session

    app.dependency_overrides[get_session] = the_tests_session
    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
        yield client
    app.dependency_overrides.clear()
