"""Synchronous fixtures write and commit; the asynchronous application, under TestClient, sees it."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from app.auth.utils import get_password_hash
from app.main import app
from app.models.db_models import Goal, Patient, Session, User
from app.models.schemas import UserRole
from fastapi.testclient import TestClient
from sqlalchemy import orm

from tests.bearer import PASSWORD, bearer


@pytest.fixture
def client(therapist_user: User) -> Iterator[TestClient]:
    """The application as it is, on its own engine; requests are the therapist's unless a test differs."""
    with TestClient(app, headers=bearer(therapist_user)) as test_client:
        yield test_client


@pytest.fixture
def therapist_user(db_session: orm.Session) -> User:
    """A therapist."""
    user = User(
        email="therapist@test.com",
        hashed_password=get_password_hash(PASSWORD),
        full_name="Test Therapist",
        role=UserRole.therapist,
    )
    db_session.add(user)
    db_session.commit()
    return user


@pytest.fixture
def other_therapist(db_session: orm.Session) -> User:
    """A therapist who must not see the first one's work."""
    user = User(
        email="other@test.com",
        hashed_password=get_password_hash(PASSWORD),
        full_name="Other Therapist",
        role=UserRole.therapist,
    )
    db_session.add(user)
    db_session.commit()
    return user


@pytest.fixture
def admin_user(db_session: orm.Session) -> User:
    """An administrator, who sees everything and changes nothing."""
    user = User(
        email="admin@test.com",
        hashed_password=get_password_hash(PASSWORD),
        full_name="Test Administrator",
        role=UserRole.admin,
    )
    db_session.add(user)
    db_session.commit()
    return user


@pytest.fixture
def test_patient(db_session: orm.Session, therapist_user: User) -> Patient:
    """A patient of the therapist."""
    patient = Patient(
        name="Test Patient",
        email="patient@test.com",
        phone="+1234567890",
        therapist_id=therapist_user.id,
    )
    db_session.add(patient)
    db_session.commit()
    return patient


@pytest.fixture
def test_session(db_session: orm.Session, test_patient: Patient, therapist_user: User) -> Session:
    """A session of the two, waiting for processing."""
    session = Session(
        patient_id=test_patient.id,
        therapist_id=therapist_user.id,
        session_date=datetime(2025, 3, 10, 9, 0, tzinfo=UTC),
        status="pending",
        transcript_text="Sample transcript",
        goals=[Goal(description="Sleep eight hours")],
    )
    db_session.add(session)
    db_session.commit()
    return session


@pytest.fixture
def many_sessions(db_session: orm.Session, test_patient: Patient, therapist_user: User) -> list[Session]:
    """Five sessions on five days of January, the last two processed."""
    sessions = [
        Session(
            patient_id=test_patient.id,
            therapist_id=therapist_user.id,
            session_date=datetime(2025, 1, day, 9, 0, tzinfo=UTC),
            status="processed" if day > 3 else "pending",
            transcript_text=f"Day {day}: {day}0% better",
        )
        for day in range(1, 6)
    ]
    db_session.add_all(sessions)
    db_session.commit()
    return sessions
