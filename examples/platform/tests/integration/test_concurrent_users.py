"""Fifty users at once, each of whom finds their own messages and nobody else's."""

import asyncio
from uuid import uuid4

import httpx
from greenshift.postgres import Database
from greenshift.testing.queries import QueryLog

from backend.settings import settings
from tests.accounts import log_in
from tests.recorded_sql import sent_by

USERS = 50
MESSAGES = 4


async def test_fifty_users_are_kept_apart(
    auth_client: httpx.AsyncClient, async_client: httpx.AsyncClient, db: Database, db_queries: QueryLog
) -> None:
    emails = [f"user{number}@platform.test" for number in range(USERS)]
    headers = dict(zip(emails, await asyncio.gather(*(log_in(auth_client, email) for email in emails)), strict=True))

    async def write(email: str, number: int) -> None:
        message = {"key": str(uuid4()), "text": f"Message {number} of {email}"}
        answer = await async_client.post("/messages", json=message, headers=headers[email])
        assert answer.status_code == 201
        assert answer.json()["text"] == message["text"]

    async def read(email: str) -> set[str]:
        return {kept["text"] for kept in (await async_client.get("/messages", headers=headers[email])).json()}

    await asyncio.gather(*(write(email, number) for number in range(MESSAGES) for email in emails))
    found = dict(zip(emails, await asyncio.gather(*map(read, emails)), strict=True))
    assert found == {email: {f"Message {number} of {email}" for number in range(MESSAGES)} for email in emails}

    with db.connect() as outsider:
        strangers = outsider.execute(
            "SELECT count(*) FROM messages JOIN users ON users.id = author_id"
            " WHERE text NOT LIKE 'Message % of ' || email"
        ).fetchone()
    assert strangers == (0,)

    inserts = sent_by("backend", "INSERT INTO messages", db_queries)
    assert len(inserts) == USERS * MESSAGES
    assert len(sent_by("backend", "SELECT users.id", db_queries)) == USERS * (MESSAGES + 1)
    assert len(sent_by("auth_service", "INSERT INTO logins", db_queries)) == USERS
    # They really ran beside each other, and on no more connections than the pool may open.
    used = {statement.connection.backend_pid for statement in inserts if statement.connection}
    assert settings.pool_size < len(used) <= settings.pool_size + settings.max_overflow
