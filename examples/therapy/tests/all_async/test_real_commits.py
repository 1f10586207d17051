"""What only real commits can show: the clock goes on, and requests run beside each other."""

import asyncio
from datetime import datetime

import pytest
from app.models.db_models import Goal, Patient, Session
from httpx import AsyncClient
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

pytestmark = pytest.mark.asyncio


async def test_update_moves_the_clock(client: AsyncClient, test_session: Session) -> None:
    response = await client.patch(f"/api/sessions/{test_session.id}", json={"duration_minutes": 30})
    changed = response.json()
    assert datetime.fromisoformat(changed["updated_at"]) > datetime.fromisoformat(changed["created_at"])


async def test_goal_numbers_begin_at_one_in_every_test(test_session: Session) -> None:
    assert [goal.id for goal in test_session.goals] == [1]


async def test_requests_beside_each_other(
    client: AsyncClient, test_patient: Patient, async_db_session: AsyncSession
) -> None:
    body = {"patient_id": str(test_patient.id), "session_date": "2025-06-01T10:00:00Z", "goals": ["Walk"]}
    answers = await asyncio.gather(*(client.post("/api/sessions", json=body) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert await async_db_session.scalar(select(func.count()).select_from(Goal)) == 8


async def test_two_requests_race_for_one_patient(client: AsyncClient, async_db_session: AsyncSession) -> None:
    body = {"name": "Ada", "email": "ada@test.com"}
    answers = await asyncio.gather(*(client.post("/api/patients", json=body) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert await async_db_session.scalar(select(func.count()).select_from(Patient)) == 1
