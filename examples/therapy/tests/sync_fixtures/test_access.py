"""Logging in, tokens, and the patients of a therapist."""

import pytest
from app.auth.utils import create_access_token
from app.models.db_models import Patient, User
from fastapi.testclient import TestClient
from sqlalchemy import func, orm, select

from tests.bearer import PASSWORD, bearer


def test_login_gives_a_token_that_works(client: TestClient, therapist_user: User) -> None:
    response = client.post("/api/auth/login", json={"email": therapist_user.email, "password": PASSWORD})
    assert response.status_code == 200
    headers = {"Authorization": f"Bearer {response.json()['access_token']}"}
    assert client.get("/api/auth/me", headers=headers).json()["full_name"] == "Test Therapist"


@pytest.mark.parametrize(("email", "password"), [("therapist@test.com", "wrong"), ("nobody@test.com", PASSWORD)])
def test_login_with_wrong_credentials(client: TestClient, email: str, password: str) -> None:
    response = client.post("/api/auth/login", json={"email": email, "password": password})
    assert response.status_code == 401


def test_inactive_user_is_locked_out(client: TestClient, therapist_user: User, db_session: orm.Session) -> None:
    assert client.get("/api/auth/me").status_code == 200
    therapist_user.is_active = False
    db_session.commit()
    assert client.get("/api/auth/me").status_code == 401
    body = {"email": therapist_user.email, "password": PASSWORD}
    assert client.post("/api/auth/login", json=body).status_code == 401


def test_request_without_token(client: TestClient) -> None:
    response = client.get("/api/sessions", headers={"Authorization": ""})
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("damage", ["x", ".x", "é"])
def test_forged_token(client: TestClient, therapist_user: User, damage: str) -> None:
    token = create_access_token(therapist_user.id) + damage
    headers = {b"Authorization": f"Bearer {token}".encode()}
    assert client.get("/api/auth/me", headers=headers).status_code == 401


def test_expired_token(client: TestClient, therapist_user: User) -> None:
    headers = {"Authorization": f"Bearer {create_access_token(therapist_user.id, seconds=-1)}"}
    assert client.get("/api/auth/me", headers=headers).status_code == 401


def test_patients_are_listed_by_name(client: TestClient, test_patient: Patient) -> None:
    client.post("/api/patients", json={"name": "Ada", "email": "ada@test.com"})
    assert [patient["name"] for patient in client.get("/api/patients").json()] == ["Ada", "Test Patient"]


def test_patients_of_others_are_hidden(
    client: TestClient, test_patient: Patient, other_therapist: User, admin_user: User
) -> None:
    assert client.get("/api/patients", headers=bearer(other_therapist)).json() == []
    assert len(client.get("/api/patients", headers=bearer(admin_user)).json()) == 1


def test_patient_is_known_once(client: TestClient, test_patient: Patient, db_session: orm.Session) -> None:
    twin = {"name": "Twin", "email": test_patient.email}
    assert client.post("/api/patients", json=twin).status_code == 409
    assert db_session.scalar(select(func.count()).select_from(Patient)) == 1
    other = {"name": "Twin", "email": "twin@test.com"}
    assert client.post("/api/patients", json=other).status_code == 201
    assert db_session.scalar(select(func.count()).select_from(Patient)) == 2


def test_patient_may_see_two_therapists(client: TestClient, test_patient: Patient, other_therapist: User) -> None:
    body = {"name": test_patient.name, "email": test_patient.email}
    response = client.post("/api/patients", json=body, headers=bearer(other_therapist))
    assert response.status_code == 201


def test_administrator_adds_no_patients(client: TestClient, admin_user: User) -> None:
    body = {"name": "Ada", "email": "ada@test.com"}
    assert client.post("/api/patients", json=body, headers=bearer(admin_user)).status_code == 403
