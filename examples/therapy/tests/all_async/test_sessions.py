"""Listing, reading, creating, changing and deleting sessions."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from app.models.db_models import Goal, Patient, Session, User
from app.models.schemas import SessionStatus
from httpx import AsyncClient
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.bearer import bearer

pytestmark = pytest.mark.asyncio

DATE = "2025-06-01T10:00:00Z"


async def test_list_shows_what_a_fixture_committed(client: AsyncClient, test_session: Session) -> None:
    page = (await client.get("/api/sessions")).json()
    assert page["total"] == 1
    assert page["items"][0]["id"] == str(test_session.id)
    assert page["items"][0]["goals"][0]["description"] == "Sleep eight hours"


async def test_list_is_empty_without_sessions(client: AsyncClient) -> None:
    assert (await client.get("/api/sessions")).json() == {"items": [], "total": 0, "limit": 20, "offset": 0}


async def test_list_hides_sessions_of_others(client: AsyncClient, test_session: Session, other_therapist: User) -> None:
    assert (await client.get("/api/sessions", headers=bearer(other_therapist))).json()["total"] == 0


async def test_list_shows_everything_to_an_administrator(
    client: AsyncClient, test_session: Session, admin_user: User
) -> None:
    assert (await client.get("/api/sessions", headers=bearer(admin_user))).json()["total"] == 1


@pytest.mark.parametrize(("status", "days"), [("pending", [3, 2, 1]), ("processed", [5, 4]), ("failed", [])])
async def test_list_filters_by_status(
    client: AsyncClient, many_sessions: list[Session], status: str, days: list[int]
) -> None:
    page = (await client.get("/api/sessions", params={"status": status})).json()
    assert [datetime.fromisoformat(item["session_date"]).day for item in page["items"]] == days


async def test_list_filters_by_patient(client: AsyncClient, test_session: Session) -> None:
    known = await client.get("/api/sessions", params={"patient_id": str(test_session.patient_id)})
    unknown = await client.get("/api/sessions", params={"patient_id": str(uuid4())})
    assert (known.json()["total"], unknown.json()["total"]) == (1, 0)


async def test_list_filters_by_date(client: AsyncClient, many_sessions: list[Session]) -> None:
    bounds = {"since": "2025-01-02T09:00:00Z", "until": "2025-01-04T09:00:00Z"}
    assert (await client.get("/api/sessions", params=bounds)).json()["total"] == 2


@pytest.mark.parametrize(("words", "total"), [("DAY 4", 1), ("better", 5), ("20%", 1), ("_%", 0)])
async def test_list_searches_transcripts(
    client: AsyncClient, many_sessions: list[Session], words: str, total: int
) -> None:
    assert (await client.get("/api/sessions", params={"search": words})).json()["total"] == total


async def test_list_pages_are_complete_and_apart(client: AsyncClient, many_sessions: list[Session]) -> None:
    pages = [
        (await client.get("/api/sessions", params={"order": "oldest", "limit": 2, "offset": offset})).json()
        for offset in (0, 2, 4, 6)
    ]
    assert [len(page["items"]) for page in pages] == [2, 2, 1, 0]
    assert {page["total"] for page in pages} == {5}
    found = [item["id"] for page in pages for item in page["items"]]
    assert found == [str(session.id) for session in many_sessions]


@pytest.mark.parametrize("wrong", [{"limit": 0}, {"limit": 101}, {"offset": -1}, {"status": "lost"}])
async def test_list_refuses_wrong_parameters(client: AsyncClient, wrong: dict[str, str]) -> None:
    assert (await client.get("/api/sessions", params=wrong)).status_code == 422


async def test_get_session_by_id(client: AsyncClient, test_session: Session) -> None:
    response = await client.get(f"/api/sessions/{test_session.id}")
    assert response.status_code == 200
    assert response.json()["transcript_text"] == "Sample transcript"
    assert response.json()["status"] == "pending"


async def test_get_unknown_session(client: AsyncClient) -> None:
    assert (await client.get(f"/api/sessions/{uuid4()}")).status_code == 404


async def test_get_session_of_another_therapist(
    client: AsyncClient, test_session: Session, other_therapist: User
) -> None:
    response = await client.get(f"/api/sessions/{test_session.id}", headers=bearer(other_therapist))
    assert response.status_code == 404


async def test_get_session_as_administrator(client: AsyncClient, test_session: Session, admin_user: User) -> None:
    assert (await client.get(f"/api/sessions/{test_session.id}", headers=bearer(admin_user))).status_code == 200


async def test_create_session_is_committed(
    client: AsyncClient, test_patient: Patient, async_db_session: AsyncSession
) -> None:
    body = {"patient_id": str(test_patient.id), "session_date": DATE, "goals": ["Walk", "Rest"]}
    response = await client.post("/api/sessions", json=body)
    assert response.status_code == 201
    stored = await async_db_session.get(Session, UUID(response.json()["id"]))
    assert stored is not None
    assert stored.session_date == datetime(2025, 6, 1, 10, 0, tzinfo=UTC)
    assert stored.therapist_id == test_patient.therapist_id
    assert [goal.description for goal in stored.goals] == ["Walk", "Rest"]


async def test_create_session_for_unknown_patient(client: AsyncClient) -> None:
    body = {"patient_id": str(uuid4()), "session_date": DATE}
    assert (await client.post("/api/sessions", json=body)).status_code == 404


async def test_create_session_for_patient_of_another(
    client: AsyncClient, test_patient: Patient, other_therapist: User, async_db_session: AsyncSession
) -> None:
    body = {"patient_id": str(test_patient.id), "session_date": DATE}
    response = await client.post("/api/sessions", json=body, headers=bearer(other_therapist))
    assert response.status_code == 404
    assert await async_db_session.scalar(select(func.count()).select_from(Session)) == 0


async def test_create_session_as_administrator(client: AsyncClient, test_patient: Patient, admin_user: User) -> None:
    body = {"patient_id": str(test_patient.id), "session_date": DATE}
    assert (await client.post("/api/sessions", json=body, headers=bearer(admin_user))).status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [
        {"session_date": "2025-06-01T10:00:00"},
        {"duration_minutes": 4},
        {"duration_minutes": 241},
        {"goals": [" "]},
    ],
)
async def test_create_session_refuses_wrong_values(
    client: AsyncClient, test_patient: Patient, wrong: dict[str, object]
) -> None:
    body = {"patient_id": str(test_patient.id), "session_date": DATE, **wrong}
    assert (await client.post("/api/sessions", json=body)).status_code == 422


async def test_update_session_is_committed(
    client: AsyncClient, test_session: Session, async_db_session: AsyncSession
) -> None:
    response = await client.patch(f"/api/sessions/{test_session.id}", json={"duration_minutes": 30})
    assert response.status_code == 200
    await async_db_session.refresh(test_session)
    assert test_session.duration_minutes == 30
    assert test_session.transcript_text == "Sample transcript"


async def test_update_transcript_waits_for_processing_again(
    client: AsyncClient, many_sessions: list[Session], async_db_session: AsyncSession
) -> None:
    processed = many_sessions[-1]
    await client.patch(f"/api/sessions/{processed.id}", json={"transcript_text": "New words"})
    await async_db_session.refresh(processed)
    assert (processed.status, processed.transcript_text) == (SessionStatus.pending, "New words")


async def test_update_cannot_remove_the_date(client: AsyncClient, test_session: Session) -> None:
    response = await client.patch(f"/api/sessions/{test_session.id}", json={"session_date": None})
    assert response.status_code == 422


async def test_update_session_of_another_therapist(
    client: AsyncClient, test_session: Session, other_therapist: User, async_db_session: AsyncSession
) -> None:
    response = await client.patch(
        f"/api/sessions/{test_session.id}", json={"duration_minutes": 5}, headers=bearer(other_therapist)
    )
    assert response.status_code == 404
    await async_db_session.refresh(test_session)
    assert test_session.duration_minutes == 50


async def test_delete_session_with_its_goals(
    client: AsyncClient, test_session: Session, async_db_session: AsyncSession
) -> None:
    assert (await client.delete(f"/api/sessions/{test_session.id}")).status_code == 204
    assert await async_db_session.scalar(select(func.count()).select_from(Session)) == 0
    assert await async_db_session.scalar(select(func.count()).select_from(Goal)) == 0


async def test_deleted_session_is_gone(client: AsyncClient, test_session: Session) -> None:
    path = f"/api/sessions/{test_session.id}"
    await client.delete(path)
    assert (await client.get(path)).status_code == 404
    assert (await client.delete(path)).status_code == 404


async def test_delete_session_of_another_therapist(
    client: AsyncClient, test_session: Session, other_therapist: User, async_db_session: AsyncSession
) -> None:
    response = await client.delete(f"/api/sessions/{test_session.id}", headers=bearer(other_therapist))
    assert response.status_code == 404
    assert await async_db_session.scalar(select(func.count()).select_from(Session)) == 1


async def test_delete_session_while_it_is_processed(
    client: AsyncClient, test_session: Session, async_db_session: AsyncSession
) -> None:
    test_session.status = SessionStatus.processing
    await async_db_session.commit()
    assert (await client.delete(f"/api/sessions/{test_session.id}")).status_code == 409
