"""Users with real clients: httpx for requests, websockets for conversations."""

import json
from uuid import uuid4

import httpx
import websockets

from tests.accounts import log_in
from tests.end_to_end.services import Service


class Person:
    """A user who is logged in.

    Attributes:
        acknowledged: the texts of the messages that the backend said it has stored, in the order of sending.
        failures: how often sending had to be tried again.
    """

    def __init__(self, email: str, headers: dict[str, str], backend: Service) -> None:
        self.email = email
        self.headers = headers
        self.backend = backend
        self.acknowledged: list[str] = []
        self.failures = 0
        self._conversation: websockets.ClientConnection | None = None

    async def converse(self) -> websockets.ClientConnection:
        """Open the WebSocket, unless it is open."""
        if self._conversation is None:
            self._conversation = await websockets.connect(
                f"ws://{self.backend.address}/ws/chat", additional_headers=self.headers, open_timeout=60, proxy=None
            )
        return self._conversation

    async def send(self, text: str, key: str | None = None) -> dict[str, object]:
        """Send a message over the WebSocket and return its acknowledgement."""
        conversation = await self.converse()
        await conversation.send(json.dumps({"key": key or str(uuid4()), "text": text}))
        acknowledgement: dict[str, object] = json.loads(await conversation.recv())
        return acknowledgement

    async def post(self, client: httpx.AsyncClient, text: str, key: str | None = None) -> dict[str, object]:
        """Send a message by HTTP and return its acknowledgement."""
        message = {"key": key or str(uuid4()), "text": text}
        answer = await client.post(f"{self.backend.url}/messages", json=message, headers=self.headers)
        answer.raise_for_status()
        acknowledgement: dict[str, object] = answer.json()
        return acknowledgement

    async def messages(self, client: httpx.AsyncClient) -> list[str]:
        """Return the texts of the user's messages, as the backend lists them."""
        answer = await client.get(f"{self.backend.url}/messages", headers=self.headers)
        answer.raise_for_status()
        return [message["text"] for message in answer.json()]

    async def leave(self) -> None:
        """Close the WebSocket, if it is open."""
        conversation, self._conversation = self._conversation, None
        if conversation is not None:
            await conversation.close()


async def person(email: str, auth: Service, backend: Service, client: httpx.AsyncClient) -> Person:
    """Register a user and log in."""
    return Person(email, await log_in(client, email, auth.url), backend)


def http_client() -> httpx.AsyncClient:
    """Return a client for all users; what tells them apart is in the headers of each request."""
    return httpx.AsyncClient(timeout=60, trust_env=False, verify=False)
