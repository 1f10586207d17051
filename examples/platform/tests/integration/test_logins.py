"""A login of the auth service opens the backend, for as long as it is not ended."""

import time
from uuid import uuid4

import httpx
import jwt
import pytest
from greenshift.testing.queries import QueryLog

from auth_service.settings import settings
from tests.accounts import PASSWORD, log_in
from tests.recorded_sql import sent_by


async def test_the_backend_takes_a_login_of_the_auth_service(
    auth_client: httpx.AsyncClient, async_client: httpx.AsyncClient, db_queries: QueryLog
) -> None:
    headers = await log_in(auth_client, "anna@platform.test")
    message = {"key": str(uuid4()), "text": "Good morning"}
    posted = await async_client.post("/messages", json=message, headers=headers)
    assert posted.status_code == 201
    assert [kept["text"] for kept in (await async_client.get("/messages", headers=headers)).json()] == ["Good morning"]

    assert len(sent_by("auth_service", "INSERT INTO users", db_queries)) == 1
    assert len(sent_by("auth_service", "INSERT INTO logins", db_queries)) == 1
    assert len(sent_by("backend", "SELECT users.id", db_queries)) == 2
    assert len(sent_by("backend", "INSERT INTO messages", db_queries)) == 1
    assert len(sent_by("backend", "SELECT messages.id", db_queries)) == 1


async def test_an_ended_login_is_refused_at_once(
    auth_client: httpx.AsyncClient, async_client: httpx.AsyncClient, db_queries: QueryLog
) -> None:
    headers = await log_in(auth_client, "anna@platform.test")
    assert (await async_client.get("/messages", headers=headers)).status_code == 200
    assert (await auth_client.post("/logout", headers=headers)).status_code == 204
    assert (await async_client.get("/messages", headers=headers)).status_code == 401

    assert len(sent_by("auth_service", "UPDATE logins", db_queries)) == 1
    assert len(sent_by("backend", "SELECT users.id", db_queries)) == 2
    assert len(sent_by("backend", "SELECT messages.id", db_queries)) == 1


async def test_an_address_is_registered_once(auth_client: httpx.AsyncClient, db_queries: QueryLog) -> None:
    await log_in(auth_client, "anna@platform.test")
    again = await auth_client.post("/register", json={"email": "anna@platform.test", "password": PASSWORD})
    assert again.status_code == 409
    first, second = sent_by("auth_service", "INSERT INTO users", db_queries)
    assert first.error is None
    assert "UniqueViolation" in repr(second.error)


async def test_a_wrong_password(auth_client: httpx.AsyncClient, db_queries: QueryLog) -> None:
    await log_in(auth_client, "anna@platform.test")
    answer = await auth_client.post("/login", json={"email": "anna@platform.test", "password": "wrong"})
    assert answer.status_code == 401
    assert len(sent_by("auth_service", "SELECT users.id", db_queries)) == 2
    assert len(sent_by("auth_service", "INSERT INTO logins", db_queries)) == 1


def token(secret: str, **claims: object) -> str:
    return jwt.encode({"sub": str(uuid4()), "jti": str(uuid4()), "exp": time.time() + 60} | claims, secret)


@pytest.mark.db(no_queries_ok=True)
@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer x",
        f"Bearer {token('a secret of somebody else, of the usual length')}",
        f"Bearer {token(settings.jwt_secret.get_secret_value(), exp=time.time() - 60)}",
        f"Bearer {token(settings.jwt_secret.get_secret_value(), jti='no uuid')}",
    ],
    ids=["none", "no token", "forged", "expired", "no login"],
)
async def test_a_bad_token_is_refused_without_asking_the_database(
    authorization: str, async_client: httpx.AsyncClient, db_queries: QueryLog
) -> None:
    answer = await async_client.get("/messages", headers={"Authorization": authorization})
    assert answer.status_code == 401
    assert len(db_queries) == 0


async def test_a_well_signed_token_of_no_login(async_client: httpx.AsyncClient, db_queries: QueryLog) -> None:
    authorization = f"Bearer {token(settings.jwt_secret.get_secret_value())}"
    answer = await async_client.get("/messages", headers={"Authorization": authorization})
    assert answer.status_code == 401
    assert len(sent_by("backend", "SELECT users.id", db_queries)) == 1
