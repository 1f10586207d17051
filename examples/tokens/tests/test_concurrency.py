"""Several sessions at once, each on its own connection, as in production."""

import asyncio

from httpx import AsyncClient
from known import Known
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from finance.accounts import AccountService
from finance.banks import SandboxBank
from finance.database import SessionLocal
from finance.errors import ConflictError
from finance.models import AuditEntry, Token, User
from finance.tokens import TokenService


async def access_token(known: Known) -> str:
    async with SessionLocal() as session:
        return await TokenService(session).valid_access_token(known.connection_id, known.user_id)


async def register(email: str) -> User | ConflictError:
    async with SessionLocal() as session:
        try:
            return await AccountService(session).register(email, "Ada")
        except ConflictError as error:
            return error


async def test_sessions_at_once_renew_a_token_once(known: Known, expired: Token, bank: SandboxBank) -> None:
    found = await asyncio.gather(*(access_token(known) for _ in range(5)))

    assert set(found) == {"access-2"}
    assert bank.renewals == 1


async def test_requests_at_once_renew_a_token_once(
    async_client: AsyncClient, known: Known, expired: Token, bank: SandboxBank, async_db_session: AsyncSession
) -> None:
    requests = [async_client.get(f"{known.path}/balance", headers=known.headers) for _ in range(5)]
    responses = await asyncio.gather(*requests)

    assert [response.status_code for response in responses] == [200] * 5
    assert bank.renewals == 1
    assert await async_db_session.scalar(select(func.count()).select_from(AuditEntry)) == 1


async def test_of_two_registrations_at_once_one_wins(async_db_session: AsyncSession) -> None:
    found = await asyncio.gather(register("ada@example.com"), register("ada@example.com"))

    assert sorted(type(one).__name__ for one in found) == ["ConflictError", "User"]
    assert await async_db_session.scalar(select(func.count()).select_from(User)) == 1


async def test_a_session_does_not_see_what_another_has_not_committed(async_db_session: AsyncSession) -> None:
    async with SessionLocal() as writer:
        writer.add(User(email="ada@example.com", name="Ada"))
        await writer.flush()
        assert await async_db_session.scalar(select(func.count()).select_from(User)) == 0
        await writer.commit()

    assert await async_db_session.scalar(select(func.count()).select_from(User)) == 1
