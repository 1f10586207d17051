"""`connection.token` is lazy: the four ways to read it under asyncio, and the error of the wrong one."""

import pytest
from known import Known
from sqlalchemy import select
from sqlalchemy.exc import MissingGreenlet, StatementError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from finance.models import Connection, Provider, Token
from finance.tokens import TokenService


async def test_loading_it_with_the_statement(async_db_session: AsyncSession, expired: Token) -> None:
    async_db_session.expunge_all()
    statement = select(Connection).options(selectinload(Connection.token))
    connection = (await async_db_session.scalars(statement)).one()

    assert connection.token is not None
    assert connection.token.access_token == "access-1"


async def test_refreshing_it_by_name(async_db_session: AsyncSession, connection: Connection, expired: Token) -> None:
    await async_db_session.refresh(connection, ["token"])

    assert connection.token is expired


async def test_awaiting_it(async_db_session: AsyncSession, connection: Connection, expired: Token) -> None:
    assert await connection.awaitable_attrs.token is expired


async def test_reading_it_inside_run_sync(
    async_db_session: AsyncSession, provider: Provider, connection: Connection, expired: Token
) -> None:
    token = await async_db_session.run_sync(lambda _: provider.connection.token)

    assert token is expired


async def test_just_reading_it_is_an_error(connection: Connection) -> None:
    with pytest.raises((MissingGreenlet, StatementError), match="greenlet_spawn has not been called"):
        _ = connection.token


async def test_what_a_service_returns_can_be_read_after_its_commit(tokens: TokenService, known: Known) -> None:
    token = await tokens.connect(known.connection_id, known.user_id, "code")

    assert token.connection.token is token
    assert token.connection.provider.alias == "Savings"


async def test_what_the_test_holds_can_be_read_after_the_service_committed(
    tokens: TokenService, known: Known, provider: Provider, connection: Connection
) -> None:
    await tokens.connect(known.connection_id, known.user_id, "code")

    assert provider.alias == "Savings"
    assert connection.provider_id == provider.id
