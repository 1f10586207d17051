"""Sync and async in one test: a sync session, TestClient, a thread and a child beside the async service."""

import subprocess
import sys
import threading

from fastapi.testclient import TestClient
from httpx import AsyncClient
from known import Known
from sqlalchemy import create_engine, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from finance.banks import SandboxBank
from finance.models import Connection, Provider, Token, User
from finance.tokens import TokenService


def arrange(session: Session) -> Known:
    """Write a user with a pending connection, in sync code."""
    user = User(email="ada@example.com", name="Ada")
    provider = Provider(user=user, bank="sandbox", alias="Savings", connection=Connection())
    session.add(provider)
    session.commit()
    return Known(user.id, provider.id, provider.connection.id)


def test_a_sync_test_of_the_async_application(db_session: Session, client: TestClient, bank: SandboxBank) -> None:
    known = arrange(db_session)

    response = client.post(f"{known.path}/token", json={"code": "code"}, headers=known.headers)

    assert response.status_code == 201
    token = db_session.scalars(select(Token)).one()
    assert token.access_token == "access-1"
    assert token.connection.provider.alias == "Savings"  # lazy loads are fine in a sync session


def test_what_one_request_commits_the_next_one_reads(
    db_session: Session, client: TestClient, bank: SandboxBank
) -> None:
    known = arrange(db_session)
    client.post(f"{known.path}/token", json={"code": "code"}, headers=known.headers)
    client.post(f"{known.path}/token/refresh", headers=known.headers)

    assert client.get(f"{known.path}/token", headers=known.headers).json()["refresh_count"] == 1
    log = client.get(f"{known.path}/audit", headers=known.headers).json()
    assert [entry["action"] for entry in log] == ["token_created", "token_refreshed"]


async def test_a_sync_session_writes_and_the_async_service_reads(
    db_session: Session, tokens: TokenService, bank: SandboxBank
) -> None:
    known = arrange(db_session)
    await tokens.connect(known.connection_id, known.user_id, "code")

    assert db_session.scalars(select(Token.access_token)).one() == "access-1"


async def test_both_clients_in_one_test(client: TestClient, async_client: AsyncClient, known: Known) -> None:
    connected = client.post(f"{known.path}/token", json={"code": "code"}, headers=known.headers)
    read = await async_client.get(f"{known.path}/token", headers=known.headers)
    assert read.json() == connected.json()

    await async_client.delete(f"{known.path}/token", headers=known.headers)
    assert client.get(f"{known.path}/token", headers=known.headers).status_code == 409


async def test_a_thread_reads_what_the_service_committed(
    tokens: TokenService, known: Known, db_session: Session
) -> None:
    await tokens.connect(known.connection_id, known.user_id, "code")
    found: list[str] = []

    def read() -> None:
        engine = create_engine(db_session.get_bind().engine.url)
        with Session(engine) as session:
            found.extend(session.scalars(select(Token.access_token)))
        engine.dispose()

    thread = threading.Thread(target=read)
    thread.start()
    thread.join()

    assert found == ["access-1"]


COUNT_USERS = """
import asyncio
from sqlalchemy import func, select
from finance.database import SessionLocal, engine
from finance.models import User

async def main():
    async with SessionLocal() as session:
        print(await session.scalar(select(func.count()).select_from(User)))
    await engine.dispose()

asyncio.run(main())
"""


async def test_a_child_process_reads_what_the_test_committed(
    user: User, async_db_session: AsyncSession, pytestconfig: object
) -> None:
    """The child finds the same DATABASE_URL in its environment, and so the same database."""
    child = subprocess.run([sys.executable, "-c", COUNT_USERS], capture_output=True, text=True, timeout=30, check=True)

    assert child.stdout.strip() == "1"
