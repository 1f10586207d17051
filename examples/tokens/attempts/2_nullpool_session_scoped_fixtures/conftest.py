"""Attempt 2: NullPool, so that no connection is used twice, and async fixtures in the session's loop."""

import os
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from httpx import ASGITransport, AsyncClient
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import NullPool

from finance.database import get_session
from finance.main import app
from finance.models import Base
from finance.tokens import TokenService


@pytest_asyncio.fixture(scope="session")
async def engine() -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(os.environ["TEST_DATABASE_URL"], poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    yield engine
    await engine.dispose()


@pytest_asyncio.fixture
async def async_db_session(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
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
