"""One transaction for everybody: fixtures, requests and background work, undone at the end."""

from collections.abc import AsyncIterator, Iterator

import pytest
from app.database import get_db, get_session_factory
from app.main import app
from app.models.db_models import User
from fastapi.testclient import TestClient
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from tests.bearer import bearer
from tests.sync_fixtures.conftest import (
    admin_user,
    many_sessions,
    other_therapist,
    test_patient,
    test_session,
    therapist_user,
)

__all__ = ["admin_user", "many_sessions", "other_therapist", "test_patient", "test_session", "therapist_user"]


@pytest.fixture
def client(
    therapist_user: User,
    async_db_session: AsyncSession,
    async_db_session_factory: async_sessionmaker[AsyncSession],
) -> Iterator[TestClient]:
    """The application, with `async_db_session` in place of the session that each request would open."""

    async def shared_session() -> AsyncIterator[AsyncSession]:
        async_db_session.expire_all()  # a request reads what is stored, as with a new session
        yield async_db_session

    app.dependency_overrides[get_db] = shared_session
    app.dependency_overrides[get_session_factory] = lambda: async_db_session_factory
    with TestClient(app, headers=bearer(therapist_user)) as test_client:
        yield test_client
    app.dependency_overrides.clear()
