"""What only real commits can show: the clock goes on, and requests run beside each other."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from app.models.db_models import Goal, Patient, Session
from fastapi.testclient import TestClient
from sqlalchemy import func, orm, select


def test_update_moves_the_clock(client: TestClient, test_session: Session) -> None:
    changed = client.patch(f"/api/sessions/{test_session.id}", json={"duration_minutes": 30}).json()
    assert datetime.fromisoformat(changed["updated_at"]) > datetime.fromisoformat(changed["created_at"])


def test_goal_numbers_begin_at_one_in_every_test(test_session: Session) -> None:
    assert [goal.id for goal in test_session.goals] == [1]


def test_requests_from_several_threads(client: TestClient, test_patient: Patient, db_session: orm.Session) -> None:
    body = {"patient_id": str(test_patient.id), "session_date": "2025-06-01T10:00:00Z", "goals": ["Walk"]}
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: client.post("/api/sessions", json=body), range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert db_session.scalar(select(func.count()).select_from(Goal)) == 8


def test_two_requests_race_for_one_patient(client: TestClient, db_session: orm.Session) -> None:
    body = {"name": "Ada", "email": "ada@test.com"}
    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(lambda _: client.post("/api/patients", json=body), range(2)))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert db_session.scalar(select(func.count()).select_from(Patient)) == 1
