"""Uploading and processing transcripts, the limit on uploads, and goals."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest
from app.models.db_models import Patient, Session, User
from app.models.schemas import SessionStatus
from app.settings import settings
from httpx import AsyncClient
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.bearer import bearer

pytestmark = pytest.mark.asyncio

TRANSCRIPT = "How did you sleep?\nGoal: Sleep eight hours\nBadly.\ngoal: Walk each day\nGoal: Walk each day"


async def upload(
    client: AsyncClient, patient: Patient, content: str | bytes = TRANSCRIPT, headers: Mapping[str, str] = {}
) -> Any:
    return await client.post(
        "/api/sessions/upload",
        params={"patient_id": str(patient.id)},
        content=content,
        headers={"Content-Type": "text/plain", **headers},
    )


async def test_upload_is_answered_before_it_is_processed(client: AsyncClient, test_patient: Patient) -> None:
    response = await upload(client, test_patient)
    assert response.status_code == 202
    assert (response.json()["status"], response.json()["goals"]) == ("pending", [])


async def test_upload_is_processed_in_the_background(
    client: AsyncClient, test_patient: Patient, async_db_session: AsyncSession
) -> None:
    session = await async_db_session.get(Session, UUID((await upload(client, test_patient)).json()["id"]))
    assert session is not None
    assert session.status is SessionStatus.processed
    assert session.summary == "How did you sleep? Badly."
    assert [goal.description for goal in session.goals] == ["Sleep eight hours", "Walk each day"]


async def test_processed_upload_is_served(client: AsyncClient, test_patient: Patient) -> None:
    session_id = (await upload(client, test_patient)).json()["id"]
    assert (await client.get(f"/api/sessions/{session_id}")).json()["status"] == "processed"


async def test_upload_without_words_fails_in_the_background(client: AsyncClient, test_patient: Patient) -> None:
    response = await upload(client, test_patient, " \n ")
    assert response.status_code == 202
    stored = (await client.get(f"/api/sessions/{response.json()['id']}")).json()
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
async def test_upload_refuses_what_is_no_transcript(
    client: AsyncClient,
    test_patient: Patient,
    async_db_session: AsyncSession,
    content: str | bytes,
    headers: dict[str, str],
    expected: int,
) -> None:
    assert (await upload(client, test_patient, content, headers)).status_code == expected
    assert await async_db_session.scalar(select(func.count()).select_from(Session)) == 0


async def test_upload_for_patient_of_another(client: AsyncClient, test_patient: Patient, other_therapist: User) -> None:
    assert (await upload(client, test_patient, headers=bearer(other_therapist))).status_code == 404


async def test_uploads_are_limited(client: AsyncClient, test_patient: Patient, async_db_session: AsyncSession) -> None:
    answers = [await upload(client, test_patient) for _ in range(settings.uploads_per_minute + 1)]
    assert [answer.status_code for answer in answers] == [202] * settings.uploads_per_minute + [429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    assert await async_db_session.scalar(select(func.count()).select_from(Session)) == settings.uploads_per_minute


async def test_uploads_are_limited_for_each_therapist(
    client: AsyncClient, test_patient: Patient, other_therapist: User
) -> None:
    for _ in range(settings.uploads_per_minute + 1):
        await upload(client, test_patient)
    # The other therapist's upload gets past the limit, as far as the patient, who is not theirs.
    assert (await upload(client, test_patient, headers=bearer(other_therapist))).status_code == 404


async def test_processing_again_keeps_known_goals(
    client: AsyncClient, test_session: Session, async_db_session: AsyncSession
) -> None:
    test_session.transcript_text = TRANSCRIPT
    await async_db_session.commit()
    for _ in range(2):
        assert (await client.post(f"/api/sessions/{test_session.id}/process")).status_code == 202
    goals = (await client.get(f"/api/sessions/{test_session.id}")).json()["goals"]
    assert [goal["description"] for goal in goals] == ["Sleep eight hours", "Walk each day"]


async def test_processing_again_after_a_correction(client: AsyncClient, test_patient: Patient) -> None:
    path = f"/api/sessions/{(await upload(client, test_patient, '')).json()['id']}"
    await client.patch(path, json={"transcript_text": "Now there are words"})
    await client.post(f"{path}/process")
    corrected = (await client.get(path)).json()
    assert (corrected["status"], corrected["failure"]) == ("processed", None)
    assert corrected["summary"] == "Now there are words"


async def test_processing_twice_at_once_is_refused(
    client: AsyncClient, test_session: Session, async_db_session: AsyncSession
) -> None:
    test_session.status = SessionStatus.processing
    await async_db_session.commit()
    assert (await client.post(f"/api/sessions/{test_session.id}/process")).status_code == 409


async def test_processing_session_of_another_therapist(
    client: AsyncClient, test_session: Session, other_therapist: User, async_db_session: AsyncSession
) -> None:
    path = f"/api/sessions/{test_session.id}/process"
    assert (await client.post(path, headers=bearer(other_therapist))).status_code == 404
    await async_db_session.refresh(test_session)
    assert test_session.status is SessionStatus.pending


async def test_add_goal(client: AsyncClient, test_session: Session, async_db_session: AsyncSession) -> None:
    response = await client.post(f"/api/sessions/{test_session.id}/goals", json={"description": " Walk "})
    assert response.status_code == 201
    await async_db_session.refresh(test_session)
    assert [goal.description for goal in test_session.goals] == ["Sleep eight hours", "Walk"]


async def test_reach_goal(client: AsyncClient, test_session: Session, async_db_session: AsyncSession) -> None:
    (goal,) = test_session.goals
    response = await client.patch(f"/api/sessions/{test_session.id}/goals/{goal.id}", json={"achieved": True})
    assert response.json()["goals"][0]["achieved"] is True
    await async_db_session.refresh(goal)
    assert goal.achieved


async def test_reach_goal_of_another_session(
    client: AsyncClient, test_session: Session, many_sessions: list[Session]
) -> None:
    (goal,) = test_session.goals
    response = await client.patch(f"/api/sessions/{many_sessions[0].id}/goals/{goal.id}", json={"achieved": True})
    assert response.status_code == 404


async def test_goal_needs_a_description(client: AsyncClient, test_session: Session) -> None:
    response = await client.post(f"/api/sessions/{test_session.id}/goals", json={"description": ""})
    assert response.status_code == 422
