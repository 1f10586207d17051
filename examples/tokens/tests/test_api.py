"""The API through httpx over ASGI, in the test's own loop; the requests have their own sessions."""

import uuid

from httpx import AsyncClient
from known import Known
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from finance.banks import SandboxBank
from finance.models import AuditEntry, Connection, Provider, Token, User


async def test_registering(async_client: AsyncClient, async_db_session: AsyncSession) -> None:
    response = await async_client.post("/users", json={"email": "ada@example.com", "name": "Ada"})

    assert response.status_code == 201
    stored = (await async_db_session.scalars(select(User))).one()
    assert str(stored.id) == response.json()["id"]


async def test_an_address_is_registered_once(async_client: AsyncClient, user: User) -> None:
    response = await async_client.post("/users", json={"email": user.email, "name": "Another Ada"})

    assert response.status_code == 409
    assert response.json() == {"detail": "ada@example.com is registered already"}
    assert user.name == "Ada"


async def test_adding_a_provider(async_client: AsyncClient, user: User, bank: SandboxBank) -> None:
    headers = {"X-User-Id": str(user.id)}
    added = await async_client.post("/providers", json={"bank": "sandbox", "alias": "Savings"}, headers=headers)

    assert added.status_code == 201
    assert added.json()["connection"]["status"] == "pending"
    assert (await async_client.get("/providers", headers=headers)).json() == [added.json()]


async def test_an_alias_is_used_once_by_a_user(
    async_client: AsyncClient, async_db_session: AsyncSession, known: Known, provider: Provider
) -> None:
    body = {"bank": "sandbox", "alias": "Savings"}
    response = await async_client.post("/providers", json=body, headers=known.headers)

    assert response.status_code == 409
    assert provider.alias == "Savings"
    assert await async_db_session.scalar(select(func.count()).select_from(Provider)) == 1


async def test_an_unknown_bank(async_client: AsyncClient, user: User) -> None:
    body = {"bank": "piggy", "alias": "Savings"}
    response = await async_client.post("/providers", json=body, headers={"X-User-Id": str(user.id)})

    assert (response.status_code, response.json()) == (502, {"detail": "no bank is called 'piggy'"})


async def test_connecting(async_client: AsyncClient, known: Known, async_db_session: AsyncSession) -> None:
    response = await async_client.post(f"{known.path}/token", json={"code": "code"}, headers=known.headers)

    assert response.status_code == 201
    assert response.json()["scope"] == "accounts"
    assert await async_db_session.scalar(select(Token.connection_id)) == known.connection_id


async def test_a_token_is_told_about_without_its_secrets(
    async_client: AsyncClient, known: Known, expired: Token
) -> None:
    response = await async_client.get(f"{known.path}/token", headers=known.headers)

    assert response.status_code == 200
    assert set(response.json()) == {"scope", "expires_at", "refresh_count"}


async def test_a_connection_without_a_token(async_client: AsyncClient, known: Known) -> None:
    response = await async_client.get(f"{known.path}/token", headers=known.headers)

    assert (response.status_code, response.json()) == (409, {"detail": "this connection has no token"})


async def test_the_balance_renews_an_expired_token(
    async_client: AsyncClient, known: Known, expired: Token, bank: SandboxBank, async_db_session: AsyncSession
) -> None:
    response = await async_client.get(f"{known.path}/balance", headers=known.headers)

    assert response.json() == {"cents": 123_456}
    assert bank.renewals == 1
    await async_db_session.refresh(expired)
    assert expired.refresh_count == 1


async def test_a_bank_that_will_not_renew(
    async_client: AsyncClient, known: Known, expired: Token, bank: SandboxBank, async_db_session: AsyncSession
) -> None:
    bank.valid.clear()
    response = await async_client.post(f"{known.path}/token/refresh", headers=known.headers)

    assert response.status_code == 502
    assert await async_db_session.scalar(select(Connection.failures)) == 1


async def test_revoking_and_connecting_again(async_client: AsyncClient, known: Known, expired: Token) -> None:
    assert (await async_client.delete(f"{known.path}/token", headers=known.headers)).status_code == 204
    again = await async_client.post(f"{known.path}/token", json={"code": "code"}, headers=known.headers)

    assert again.status_code == 201
    log = (await async_client.get(f"{known.path}/audit", headers=known.headers)).json()
    assert [entry["action"] for entry in log] == ["connection_revoked", "token_created"]


async def test_removing_a_provider_removes_all_that_hangs_on_it(
    async_client: AsyncClient, known: Known, expired: Token, async_db_session: AsyncSession
) -> None:
    await async_client.post(f"{known.path}/token/refresh", headers=known.headers)
    response = await async_client.delete(f"/providers/{known.provider_id}", headers=known.headers)

    assert response.status_code == 204
    for model in (Provider, Connection, Token, AuditEntry):
        assert await async_db_session.scalar(select(func.count()).select_from(model)) == 0


async def test_users_do_not_see_each_other(async_client: AsyncClient, known: Known, expired: Token) -> None:
    stranger = {"X-User-Id": str(uuid.uuid4())}

    assert (await async_client.get(f"{known.path}/token", headers=stranger)).status_code == 404
    assert (await async_client.delete(f"/providers/{known.provider_id}", headers=stranger)).status_code == 404
    assert (await async_client.get("/providers", headers=stranger)).json() == []
