"""All that this application adds to Greenshift's fixtures.

`async_db_session`, `db_session`, `async_client`... come from Greenshift. No engine, no override and no
transaction here: the application commits on its own connections, and each test's commits are undone.
"""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from fastapi.testclient import TestClient

from finance.database import SessionLocal, engine
from finance.main import app
from finance.tokens import TokenService


@pytest_asyncio.fixture
async def tokens() -> AsyncIterator[TokenService]:
    """The service on a session of its own, as in production."""
    async with SessionLocal() as session:
        yield TokenService(session)


@pytest.fixture
def client() -> Iterator[TestClient]:
    """The application in a thread and a loop of its own."""
    with TestClient(app) as client:
        yield client


def pytest_report_header() -> str:
    """Tell which driver this run's DATABASE_URL has given the application."""
    return f"the application uses {engine.dialect.driver}"
