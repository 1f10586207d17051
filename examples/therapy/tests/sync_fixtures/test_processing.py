"""Uploading and processing transcripts, the limit on uploads, and goals."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest
from app.models.db_models import Patient, Session, User
from app.models.schemas import SessionStatus
from app.settings import settings
from fastapi.testclient import TestClient
from sqlalchemy import func, orm, select

from tests.bearer import bearer

TRANSCRIPT = "How did you sleep?\nGoal: Sleep eight hours\nBadly.\ngoal: Walk each day\nGoal: Walk each day"


def upload(
    client: TestClient, patient: Patient, content: str | bytes = TRANSCRIPT, headers: Mapping[str, str] = {}
) -> Any:
    return client.post(
        "/api/sessions/upload",
        params={"patient_id": str(patient.id)},
        content=content,
        headers={"Content-Type": "text/plain", **headers},
    )


def test_upload_is_answered_before_it_is_processed(client: TestClient, test_patient: Patient) -> None:
    response = upload(client, test_patient)
    assert response.status_code == 202
    assert (response.json()["status"], response.json()["goals"]) == ("pending", [])


def test_upload_is_processed_in_the_background(
    client: TestClient, test_patient: Patient, db_session: orm.Session
) -> None:
    session = db_session.get(Session, UUID(upload(client, test_patient).json()["id"]))
    assert session is not None
    assert session.status is SessionStatus.processed
    assert session.summary == "How did you sleep? Badly."
    assert [goal.description for goal in session.goals] == ["Sleep eight hours", "Walk each day"]


def test_processed_upload_is_served(client: TestClient, test_patient: Patient) -> None:
    session_id = upload(client, test_patient).json()["id"]
    assert client.get(f"/api/sessions/{session_id}").json()["status"] == "processed"


def test_upload_without_words_fails_in_the_background(client: TestClient, test_patient: Patient) -> None:
    response = upload(client, test_patient, " \n ")
    assert response.status_code == 202
    stored = client.get(f"/api/sessions/{response.json()['id']}").json()
    assert (stored["status"], stored["failure"]) == ("failed", "The transcript is empty")


@pytest.mark.parametrize(
    ("content", "headers", "expected"),
    [
        (TRANSCRIPT, {"Content-Type": "audio/mpeg"}, 415),
        ("word " * 60_000, {}, 413),
        (b"\xff\xfe", {}, 422),
    ],
    ids=["no text", "too long", "no UTF-8"],
)
def test_upload_refuses_what_is_no_transcript(
    client: TestClient,
    test_patient: Patient,
    db_session: orm.Session,
    content: str | bytes,
    headers: dict[str, str],
    expected: int,
) -> None:
    assert upload(client, test_patient, content, headers).status_code == expected
    assert db_session.scalar(select(func.count()).select_from(Session)) == 0


def test_upload_for_patient_of_another(client: TestClient, test_patient: Patient, other_therapist: User) -> None:
    assert upload(client, test_patient, headers=bearer(other_therapist)).status_code == 404


def test_uploads_are_limited(client: TestClient, test_patient: Patient, db_session: orm.Session) -> None:
    answers = [upload(client, test_patient) for _ in range(settings.uploads_per_minute + 1)]
    assert [answer.status_code for answer in answers] == [202] * settings.uploads_per_minute + [429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    assert db_session.scalar(select(func.count()).select_from(Session)) == settings.uploads_per_minute


def test_uploads_are_limited_for_each_therapist(
    client: TestClient, test_patient: Patient, other_therapist: User
) -> None:
    for _ in range(settings.uploads_per_minute + 1):
        upload(client, test_patient)
    # The other therapist's upload gets past the limit, as far as the patient, who is not theirs.
    assert upload(client, test_patient, headers=bearer(other_therapist)).status_code == 404


def test_processing_again_keeps_known_goals(client: TestClient, test_session: Session, db_session: orm.Session) -> None:
    test_session.transcript_text = TRANSCRIPT
    db_session.commit()
    for _ in range(2):
        assert client.post(f"/api/sessions/{test_session.id}/process").status_code == 202
    goals = client.get(f"/api/sessions/{test_session.id}").json()["goals"]
    assert [goal["description"] for goal in goals] == ["Sleep eight hours", "Walk each day"]


def test_processing_again_after_a_correction(client: TestClient, test_patient: Patient) -> None:
    path = f"/api/sessions/{upload(client, test_patient, '').json()['id']}"
    client.patch(path, json={"transcript_text": "Now there are words"})
    client.post(f"{path}/process")
    corrected = client.get(path).json()
    assert (corrected["status"], corrected["failure"]) == ("processed", None)
    assert corrected["summary"] == "Now there are words"


def test_processing_twice_at_once_is_refused(
    client: TestClient, test_session: Session, db_session: orm.Session
) -> None:
    test_session.status = SessionStatus.processing
    db_session.commit()
    assert client.post(f"/api/sessions/{test_session.id}/process").status_code == 409


def test_processing_session_of_another_therapist(
    client: TestClient, test_session: Session, other_therapist: User, db_session: orm.Session
) -> None:
    path = f"/api/sessions/{test_session.id}/process"
    assert client.post(path, headers=bearer(other_therapist)).status_code == 404
    db_session.refresh(test_session)
    assert test_session.status is SessionStatus.pending


def test_add_goal(client: TestClient, test_session: Session, db_session: orm.Session) -> None:
    response = client.post(f"/api/sessions/{test_session.id}/goals", json={"description": " Walk "})
    assert response.status_code == 201
    db_session.refresh(test_session)
    assert [goal.description for goal in test_session.goals] == ["Sleep eight hours", "Walk"]


def test_reach_goal(client: TestClient, test_session: Session, db_session: orm.Session) -> None:
    (goal,) = test_session.goals
    response = client.patch(f"/api/sessions/{test_session.id}/goals/{goal.id}", json={"achieved": True})
    assert response.json()["goals"][0]["achieved"] is True
    db_session.refresh(goal)
    assert goal.achieved


def test_reach_goal_of_another_session(client: TestClient, test_session: Session, many_sessions: list[Session]) -> None:
    (goal,) = test_session.goals
    response = client.patch(f"/api/sessions/{many_sessions[0].id}/goals/{goal.id}", json={"achieved": True})
    assert response.status_code == 404


def test_goal_needs_a_description(client: TestClient, test_session: Session) -> None:
    response = client.post(f"/api/sessions/{test_session.id}/goals", json={"description": ""})
    assert response.status_code == 422
