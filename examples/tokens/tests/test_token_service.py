"""The service, called as the routes call it: it commits, and others see what it committed."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from known import Known
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from finance.banks import BankRefusedError, Grant, SandboxBank
from finance.errors import NotConnectedError, NotFoundError, RefreshFailedError
from finance.models import AuditEntry, Connection, ConnectionStatus, Token
from finance.tokens import TokenService


async def actions(session: AsyncSession) -> list[str]:
    return list(await session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


async def test_storing_the_first_token(tokens: TokenService, known: Known, async_db_session: AsyncSession) -> None:
    token = await tokens.store_initial_tokens(known.connection_id, known.user_id, Grant("a-1", "r-1", 3600))

    assert (token.access_token, token.refresh_token, token.scope) == ("a-1", "r-1", "accounts")
    assert token.connection.status is ConnectionStatus.ACTIVE
    assert await actions(async_db_session) == ["token_created"]


async def test_storing_a_second_token_replaces_the_first(
    tokens: TokenService, known: Known, async_db_session: AsyncSession
) -> None:
    first = await tokens.store_initial_tokens(known.connection_id, known.user_id, Grant("a-1", "r-1"))
    second = await tokens.store_initial_tokens(known.connection_id, known.user_id, Grant("a-2", "r-2"))

    assert second.id == first.id
    assert await async_db_session.scalar(select(Token.access_token)) == "a-2"
    assert await async_db_session.scalar(select(func.count()).select_from(Token)) == 1
    assert await actions(async_db_session) == ["token_created", "token_updated"]


async def test_a_grant_without_a_refresh_token_keeps_the_older_one(tokens: TokenService, known: Known) -> None:
    await tokens.store_initial_tokens(known.connection_id, known.user_id, Grant("a-1", "r-1"))
    token = await tokens.store_initial_tokens(known.connection_id, known.user_id, Grant("a-2", None))

    assert (token.access_token, token.refresh_token) == ("a-2", "r-1")


async def test_an_unknown_connection(tokens: TokenService, known: Known) -> None:
    with pytest.raises(NotFoundError):
        await tokens.store_initial_tokens(uuid.uuid4(), known.user_id, Grant("a-1"))


async def test_somebody_elses_connection(tokens: TokenService, known: Known) -> None:
    with pytest.raises(NotFoundError):
        await tokens.store_initial_tokens(known.connection_id, uuid.uuid4(), Grant("a-1"))


async def test_a_code_that_the_bank_does_not_accept_changes_nothing(
    tokens: TokenService, known: Known, async_db_session: AsyncSession
) -> None:
    with pytest.raises(BankRefusedError, match="did not accept the code"):
        await tokens.connect(known.connection_id, known.user_id, "denied")

    assert await actions(async_db_session) == []
    assert await async_db_session.scalar(select(Connection.status)) is ConnectionStatus.PENDING


async def test_a_token_that_lives_is_returned_as_it_is(tokens: TokenService, known: Known, bank: SandboxBank) -> None:
    token = await tokens.connect(known.connection_id, known.user_id, "code")

    assert await tokens.valid_access_token(known.connection_id, known.user_id) == token.access_token
    assert bank.renewals == 0


@pytest.mark.parametrize("minutes_left", [-60, 0, 4])
async def test_a_token_is_renewed_when_it_has_expired_or_is_about_to(
    tokens: TokenService,
    known: Known,
    bank: SandboxBank,
    expired: Token,
    async_db_session: AsyncSession,
    minutes_left: int,
) -> None:
    expired.expires_at = datetime.now(UTC) + timedelta(minutes=minutes_left)
    await async_db_session.commit()

    assert await tokens.valid_access_token(known.connection_id, known.user_id) == "access-2"
    assert bank.renewals == 1


async def test_renewing_rotates_the_refresh_token(
    tokens: TokenService, known: Known, expired: Token, async_db_session: AsyncSession
) -> None:
    await tokens.refresh(known.connection_id, known.user_id)

    await async_db_session.refresh(expired)
    assert (expired.access_token, expired.refresh_token, expired.refresh_count) == (
        "access-2",
        "refresh-2",
        1,
    )
    assert expired.expires_at > datetime.now(UTC)


async def test_a_bank_that_does_not_rotate(
    tokens: TokenService, known: Known, bank: SandboxBank, expired: Token, async_db_session: AsyncSession
) -> None:
    bank.rotates = False
    await tokens.refresh(known.connection_id, known.user_id)

    entry = (await async_db_session.scalars(select(AuditEntry))).one()
    assert (entry.action, entry.details) == ("token_refreshed", {"rotated": False, "count": 1})


async def test_a_failed_renewal_is_committed_although_the_call_fails(
    tokens: TokenService, known: Known, bank: SandboxBank, expired: Token, async_db_session: AsyncSession
) -> None:
    bank.valid.clear()
    with pytest.raises(RefreshFailedError, match="Savings: the refresh token is not valid"):
        await tokens.refresh(known.connection_id, known.user_id)

    assert await actions(async_db_session) == ["token_refresh_failed"]
    assert await async_db_session.scalar(select(Connection.failures)) == 1


async def test_the_third_failure_in_a_row_marks_the_connection(
    tokens: TokenService, known: Known, bank: SandboxBank, expired: Token, async_db_session: AsyncSession
) -> None:
    bank.valid.clear()
    for _ in range(3):
        with pytest.raises(RefreshFailedError):
            await tokens.valid_access_token(known.connection_id, known.user_id)

    status, message = (await async_db_session.execute(select(Connection.status, Connection.error_message))).one()
    assert status is ConnectionStatus.ERROR
    assert message == "the refresh token is not valid"


async def test_renewing_without_a_token(tokens: TokenService, known: Known) -> None:
    with pytest.raises(NotConnectedError):
        await tokens.refresh(known.connection_id, known.user_id)


async def test_revoking_deletes_the_token_and_keeps_the_connection(
    tokens: TokenService, known: Known, expired: Token, async_db_session: AsyncSession
) -> None:
    await tokens.revoke(known.connection_id, known.user_id)

    assert await async_db_session.scalar(select(func.count()).select_from(Token)) == 0
    assert await async_db_session.scalar(select(Connection.status)) is ConnectionStatus.REVOKED
    assert await actions(async_db_session) == ["connection_revoked"]


async def test_each_commit_has_its_own_time(tokens: TokenService, known: Known, expired: Token) -> None:
    """now() stands still within a transaction: it would in a test that is one."""
    await tokens.refresh(known.connection_id, known.user_id)
    await tokens.refresh(known.connection_id, known.user_id)

    first, second = await tokens.audit_log(known.connection_id, known.user_id)
    assert first.created_at < second.created_at
