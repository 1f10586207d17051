"""Fifty users over real WebSockets, on fewer connections than there are users."""

import asyncio
from pathlib import Path

import pytest
from greenshift.postgres import Database

from tests.end_to_end.conditions import until
from tests.end_to_end.people import Person, http_client, person
from tests.end_to_end.services import platform

USERS = 50
MESSAGES = 3
POOL = 10  # the settings' pool_size and max_overflow


@pytest.mark.db
async def test_fifty_conversations_are_kept_apart(db: Database, tmp_path: Path) -> None:
    emails = [f"user{number}@platform.test" for number in range(USERS)]

    async def talk(user: Person) -> None:
        for number in range(MESSAGES):
            text = f"Message {number} of {user.email}"
            assert (await user.send(text))["text"] == text

    async with http_client() as client:
        with platform(db.url("asyncpg"), tmp_path) as (auth, backend):
            users = await asyncio.gather(*(person(email, auth, backend, client) for email in emails))
            await asyncio.gather(*(user.converse() for user in users))
            # All fifty conversations are open, and hold nothing of the database.
            await until(lambda: idle(states_of_the_backend(db)), "idle connections, no more than the pool may have")

            await asyncio.gather(*map(talk, users))
            kept = await asyncio.gather(*(user.messages(client) for user in users))
            await asyncio.gather(*(user.leave() for user in users))
            assert kept == [[f"Message {number} of {email}" for number in range(MESSAGES)] for email in emails]

            assert auth.sent("INSERT INTO logins", "auth_service") == USERS
            assert backend.sent("SELECT users.id", "backend/authentication.py") == 2 * USERS
            assert backend.sent("INSERT INTO messages", "backend/messages.py") == USERS * MESSAGES


def idle(states: list[object]) -> bool:
    """Tell whether these are connections that nobody uses; one that is being closed may count for a moment."""
    return 1 <= len(states) <= POOL and set(states) == {"idle"}


def states_of_the_backend(db: Database) -> list[object]:
    """Return what each connection of the backend is doing."""
    with db.connect() as outsider:
        return [
            state
            for (state,) in outsider.execute(
                "SELECT state FROM pg_stat_activity WHERE application_name = 'platform-backend'"
            )
        ]
