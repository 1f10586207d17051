"""Attempt 4: commits become savepoints, and a listener opens the next one."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from httpx import ASGITransport, AsyncClient
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import Session, SessionTransaction
from sqlalchemy.pool import NullPool

from finance.database import get_session
from finance.main import app
from finance.models import Base
from finance.tokens import TokenService


@pytest.fixture(scope="session")
def engine() -> Iterator[AsyncEngine]:
    engine = create_async_engine(os.environ["TEST_DATABASE_URL"], poolclass=NullPool)

    async def create_tables() -> None:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.drop_all)
            await connection.run_sync(Base.metadata.create_all)

    asyncio.run(create_tables())
    yield engine
    asyncio.run(engine.dispose())


@pytest_asyncio.fixture
async def async_db_session(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    async with engine.connect() as connection:
        transaction = await connection.begin()
        await connection.begin_nested()
        async with AsyncSession(bind=connection, expire_on_commit=False) as session:

            @event.listens_for(session.sync_session, "after_transaction_end")
            def restart_savepoint(sync_session: Session, _: SessionTransaction) -> None:
                if not sync_session.in_nested_transaction() and connection.sync_connection is not None:
                    connection.sync_connection.begin_nested()

            yield session
        await transaction.rollback()


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
