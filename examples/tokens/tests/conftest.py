"""The rows that the tests start from. Which session writes them is the business of the conftest above."""

from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from known import Known
from sqlalchemy.ext.asyncio import AsyncSession

from finance.banks import BANKS, SandboxBank
from finance.models import Connection, Provider, Token, User


@pytest.fixture
def bank(monkeypatch: pytest.MonkeyPatch) -> SandboxBank:
    """A bank that has not issued anything yet."""
    bank = SandboxBank()
    monkeypatch.setitem(BANKS, "sandbox", bank)
    return bank


@pytest_asyncio.fixture
async def user(async_db_session: AsyncSession) -> User:
    """A registered user."""
    user = User(email="ada@example.com", name="Ada")
    async_db_session.add(user)
    await async_db_session.commit()
    await async_db_session.refresh(user)
    return user


@pytest_asyncio.fixture
async def provider(async_db_session: AsyncSession, user: User, bank: SandboxBank) -> Provider:
    """The user's provider, whose connection is pending."""
    provider = Provider(user_id=user.id, bank="sandbox", alias="Savings")
    async_db_session.add(provider)
    await async_db_session.commit()
    await async_db_session.refresh(provider)
    return provider


@pytest_asyncio.fixture
async def connection(async_db_session: AsyncSession, provider: Provider) -> Connection:
    """A connection that was never connected."""
    connection = Connection(provider_id=provider.id)
    async_db_session.add(connection)
    await async_db_session.commit()
    await async_db_session.refresh(connection)
    return connection


@pytest_asyncio.fixture
async def expired(async_db_session: AsyncSession, connection: Connection, bank: SandboxBank) -> Token:
    """The connection's token, which expired an hour ago and can be renewed."""
    grant = await bank.exchange("code")
    token = Token(
        connection_id=connection.id,
        access_token=grant.access_token,
        refresh_token=grant.refresh_token,
        scope=grant.scope,
        expires_at=datetime.now(UTC) - timedelta(hours=1),
    )
    async_db_session.add(token)
    await async_db_session.commit()
    await async_db_session.refresh(token)
    return token


@pytest_asyncio.fixture
async def known(async_db_session: AsyncSession, user: User, provider: Provider, connection: Connection) -> Known:
    """The ids of the user, the provider and the connection."""
    for row in (user, provider):
        await async_db_session.refresh(row)
    return Known(user.id, provider.id, connection.id)
