"""The WebSocket's authentication reads the database through a session that ends before the conversation begins."""

from collections.abc import Iterator
from contextlib import ExitStack
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from greenshift.testing.queries import QueryLog
from starlette.testclient import WebSocketDenialResponse, WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

from auth_service import main as auth_service
from backend import main as backend
from backend.database import engine
from backend.settings import settings
from tests.accounts import PASSWORD
from tests.recorded_sql import sent_by


@pytest.fixture
def auth() -> Iterator[TestClient]:
    """The auth service in a thread and a loop of its own."""
    with TestClient(auth_service.app) as client:
        yield client


@pytest.fixture
def client() -> Iterator[TestClient]:
    """The backend in a thread and a loop of its own."""
    with TestClient(backend.app) as client:
        yield client


@pytest.fixture
def headers(auth: TestClient) -> dict[str, str]:
    """Those of Anna, who is logged in."""
    account = {"email": "anna@platform.test", "password": PASSWORD}
    assert auth.post("/register", json=account).status_code == 201
    return {"Authorization": f"Bearer {auth.post('/login', json=account).json()['access_token']}"}


def send(conversation: WebSocketTestSession, key: str, text: str) -> dict[str, object]:
    """Send a message and return its acknowledgement."""
    conversation.send_json({"key": key, "text": text})
    acknowledgement: dict[str, object] = conversation.receive_json()
    return acknowledgement


def test_a_message_is_acknowledged_when_it_is_stored(
    client: TestClient, headers: dict[str, str], db_queries: QueryLog
) -> None:
    key = str(uuid4())
    with client.websocket_connect("/ws/chat", headers=headers) as conversation:
        acknowledgement = send(conversation, key, "Good morning")
        assert client.get("/messages", headers=headers).json() == [acknowledgement]
    assert (acknowledgement["key"], acknowledgement["text"]) == (key, "Good morning")

    (login,) = sent_by("backend/authentication.py", "SELECT users.id", db_queries)[:1]
    (insert,) = sent_by("backend/messages.py", "INSERT INTO messages", db_queries)
    assert login.started < insert.started


def test_a_message_sent_again_is_stored_once(client: TestClient, headers: dict[str, str], db_queries: QueryLog) -> None:
    key = str(uuid4())
    with client.websocket_connect("/ws/chat", headers=headers) as conversation:
        first = send(conversation, key, "Good morning")
        assert send(conversation, key, "Good morning") == first
    assert client.post("/messages", json={"key": key, "text": "Good morning"}, headers=headers).json() == first
    assert client.get("/messages", headers=headers).json() == [first]
    assert len(sent_by("backend", "INSERT INTO messages", db_queries)) == 3


def test_an_ended_login_opens_no_conversation(
    client: TestClient, auth: TestClient, headers: dict[str, str], db_queries: QueryLog
) -> None:
    assert auth.post("/logout", headers=headers).status_code == 204
    with (
        pytest.raises(WebSocketDenialResponse) as refused,
        client.websocket_connect("/ws/chat", headers=headers),
    ):
        pass
    assert refused.value.status_code == 401
    assert len(sent_by("backend/authentication.py", "SELECT users.id", db_queries)) == 1


def test_open_conversations_hold_no_connection(
    client: TestClient, headers: dict[str, str], db_queries: QueryLog
) -> None:
    """Twice as many conversations as the pool has connections, all open at once."""
    count = 2 * (settings.pool_size + settings.max_overflow)
    with ExitStack() as conversations:
        for number in range(count):
            conversation = conversations.enter_context(client.websocket_connect("/ws/chat", headers=headers))
            send(conversation, str(uuid4()), f"Message {number}")
            assert engine.pool.checkedout() == 0
        assert len(client.get("/messages", headers=headers).json()) == count
    assert len(sent_by("backend/authentication.py", "SELECT users.id", db_queries)) == count + 1
    assert len(sent_by("backend/messages.py", "INSERT INTO messages", db_queries)) == count


def test_what_is_no_message_ends_the_conversation(
    client: TestClient, headers: dict[str, str], db_queries: QueryLog
) -> None:
    with client.websocket_connect("/ws/chat", headers=headers) as conversation:
        conversation.send_text("Good morning")
        with pytest.raises(WebSocketDisconnect) as ended:
            conversation.receive_text()
    assert ended.value.code == 1007
    assert len(sent_by("backend/authentication.py", "SELECT users.id", db_queries)) == 1
    assert sent_by("backend", "INSERT", db_queries) == []
