"""Everything is asynchronous: fixtures, tests and requests (httpx over ASGI)."""

from datetime import UTC, datetime

import pytest
import pytest_asyncio
from app.auth.utils import get_password_hash
from app.models.db_models import Goal, Patient, Session, User
from app.models.schemas import UserRole
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from tests.bearer import PASSWORD, bearer


@pytest.fixture
def async_db_session_factory(async_db_engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """Sessions as the application makes them: what a fixture returns stays readable after the next commit."""
    return async_sessionmaker(async_db_engine, expire_on_commit=False)


@pytest_asyncio.fixture
async def client(async_client: AsyncClient, therapist_user: User) -> AsyncClient:
    """The application as it is, with its own engine; requests are the therapist's unless a test differs."""
    async_client.headers.update(bearer(therapist_user))
    return async_client


@pytest_asyncio.fixture
async def therapist_user(async_db_session: AsyncSession) -> User:
    """A therapist."""
    user = User(
        email="therapist@test.com",
        hashed_password=get_password_hash(PASSWORD),
        full_name="Test Therapist",
        role=UserRole.therapist,
    )
    async_db_session.add(user)
    await async_db_session.commit()
    return user


@pytest_asyncio.fixture
async def other_therapist(async_db_session: AsyncSession) -> User:
    """A therapist who must not see the first one's work."""
    user = User(
        email="other@test.com",
        hashed_password=get_password_hash(PASSWORD),
        full_name="Other Therapist",
        role=UserRole.therapist,
    )
    async_db_session.add(user)
    await async_db_session.commit()
    return user


@pytest_asyncio.fixture
async def admin_user(async_db_session: AsyncSession) -> User:
    """An administrator, who sees everything and changes nothing."""
    user = User(
        email="admin@test.com",
        hashed_password=get_password_hash(PASSWORD),
        full_name="Test Administrator",
        role=UserRole.admin,
    )
    async_db_session.add(user)
    await async_db_session.commit()
    return user


@pytest_asyncio.fixture
async def test_patient(async_db_session: AsyncSession, therapist_user: User) -> Patient:
    """A patient of the therapist."""
    patient = Patient(
        name="Test Patient",
        email="patient@test.com",
        phone="+1234567890",
        therapist_id=therapist_user.id,
    )
    async_db_session.add(patient)
    await async_db_session.commit()
    return patient


@pytest_asyncio.fixture
async def test_session(async_db_session: AsyncSession, test_patient: Patient, therapist_user: User) -> Session:
    """A session of the two, waiting for processing."""
    session = Session(
        patient_id=test_patient.id,
        therapist_id=therapist_user.id,
        session_date=datetime(2025, 3, 10, 9, 0, tzinfo=UTC),
        status="pending",
        transcript_text="Sample transcript",
        goals=[Goal(description="Sleep eight hours")],
    )
    async_db_session.add(session)
    await async_db_session.commit()
    return session


@pytest_asyncio.fixture
async def many_sessions(async_db_session: AsyncSession, test_patient: Patient, therapist_user: User) -> list[Session]:
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
    async_db_session.add_all(sessions)
    await async_db_session.commit()
    return sessions
