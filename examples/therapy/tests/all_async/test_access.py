"""Logging in, tokens, and the patients of a therapist."""

import pytest
from app.auth.utils import create_access_token
from app.models.db_models import Patient, User
from httpx import AsyncClient
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.bearer import PASSWORD, bearer

pytestmark = pytest.mark.asyncio


async def test_login_gives_a_token_that_works(client: AsyncClient, therapist_user: User) -> None:
    response = await client.post("/api/auth/login", json={"email": therapist_user.email, "password": PASSWORD})
    assert response.status_code == 200
    headers = {"Authorization": f"Bearer {response.json()['access_token']}"}
    assert (await client.get("/api/auth/me", headers=headers)).json()["full_name"] == "Test Therapist"


@pytest.mark.parametrize(("email", "password"), [("therapist@test.com", "wrong"), ("nobody@test.com", PASSWORD)])
async def test_login_with_wrong_credentials(client: AsyncClient, email: str, password: str) -> None:
    response = await client.post("/api/auth/login", json={"email": email, "password": password})
    assert response.status_code == 401


async def test_inactive_user_is_locked_out(
    client: AsyncClient, therapist_user: User, async_db_session: AsyncSession
) -> None:
    assert (await client.get("/api/auth/me")).status_code == 200
    therapist_user.is_active = False
    await async_db_session.commit()
    assert (await client.get("/api/auth/me")).status_code == 401
    body = {"email": therapist_user.email, "password": PASSWORD}
    assert (await client.post("/api/auth/login", json=body)).status_code == 401


async def test_request_without_token(client: AsyncClient) -> None:
    response = await client.get("/api/sessions", headers={"Authorization": ""})
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("damage", ["x", ".x", "é"])
async def test_forged_token(client: AsyncClient, therapist_user: User, damage: str) -> None:
    token = create_access_token(therapist_user.id) + damage
    headers = {b"Authorization": f"Bearer {token}".encode()}
    assert (await client.get("/api/auth/me", headers=headers)).status_code == 401


async def test_expired_token(client: AsyncClient, therapist_user: User) -> None:
    headers = {"Authorization": f"Bearer {create_access_token(therapist_user.id, seconds=-1)}"}
    assert (await client.get("/api/auth/me", headers=headers)).status_code == 401


async def test_patients_are_listed_by_name(client: AsyncClient, test_patient: Patient) -> None:
    await client.post("/api/patients", json={"name": "Ada", "email": "ada@test.com"})
    assert [patient["name"] for patient in (await client.get("/api/patients")).json()] == ["Ada", "Test Patient"]


async def test_patients_of_others_are_hidden(
    client: AsyncClient, test_patient: Patient, other_therapist: User, admin_user: User
) -> None:
    assert (await client.get("/api/patients", headers=bearer(other_therapist))).json() == []
    assert len((await client.get("/api/patients", headers=bearer(admin_user))).json()) == 1


async def test_patient_is_known_once(
    client: AsyncClient, test_patient: Patient, async_db_session: AsyncSession
) -> None:
    twin = {"name": "Twin", "email": test_patient.email}
    assert (await client.post("/api/patients", json=twin)).status_code == 409
    assert await async_db_session.scalar(select(func.count()).select_from(Patient)) == 1
    other = {"name": "Twin", "email": "twin@test.com"}
    assert (await client.post("/api/patients", json=other)).status_code == 201
    assert await async_db_session.scalar(select(func.count()).select_from(Patient)) == 2


async def test_patient_may_see_two_therapists(
    client: AsyncClient, test_patient: Patient, other_therapist: User
) -> None:
    body = {"name": test_patient.name, "email": test_patient.email}
    response = await client.post("/api/patients", json=body, headers=bearer(other_therapist))
    assert response.status_code == 201


async def test_administrator_adds_no_patients(client: AsyncClient, admin_user: User) -> None:
    body = {"name": "Ada", "email": "ada@test.com"}
    assert (await client.post("/api/patients", json=body, headers=bearer(admin_user))).status_code == 403
