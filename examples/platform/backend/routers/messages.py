"""A user's messages over HTTP."""

from http import HTTPStatus

from fastapi import APIRouter

from backend.authentication import CurrentAuthor, Database
from backend.messages import NewMessage, StoredMessage, messages_of, store_message

router = APIRouter(prefix="/messages")


@router.get("")
async def list_messages(author: CurrentAuthor, database: Database) -> list[StoredMessage]:
    """Return the user's own messages."""
    return await messages_of(author, database)


@router.post("", status_code=HTTPStatus.CREATED)
async def post_message(new: NewMessage, author: CurrentAuthor, database: Database) -> StoredMessage:
    """Store a message; the answer means that it is stored."""
    return await store_message(new, author, database)
