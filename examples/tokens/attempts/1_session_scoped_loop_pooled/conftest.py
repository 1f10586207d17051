"""Attempt 1: a session-scoped event loop, one engine with a pool for the whole run."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from httpx import ASGITransport, AsyncClient
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from finance.database import get_session
from finance.main import app
from finance.models import Base
from finance.tokens import TokenService


@pytest.fixture(scope="session")
def event_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """One loop for all tests and fixtures: what pytest-asyncio's documentation said until 0.23."""
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.fixture(scope="session")
def engine() -> AsyncEngine:
    return create_async_engine(os.environ["TEST_DATABASE_URL"], pool_size=5, max_overflow=10, pool_pre_ping=True)


@pytest_asyncio.fixture(scope="session", autouse=True)
async def tables(engine: AsyncEngine, event_loop: asyncio.AbstractEventLoop) -> AsyncIterator[None]:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    yield
    await engine.dispose()


@pytest_asyncio.fixture
async def async_db_session(engine: AsyncEngine, tables: None) -> AsyncIterator[AsyncSession]:
    maker = async_sessionmaker(engine, expire_on_commit=False)
    async with maker() as session:
        for table in reversed(Base.metadata.sorted_tables):
            await session.execute(table.delete())
        await session.commit()
        yield session
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
