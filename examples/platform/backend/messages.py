"""Storing and reading messages."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from backend.authentication import Author
from backend.models import Message


class NewMessage(BaseModel):
    """A message to store, under a key of the client's choosing."""

    key: UUID
    text: Annotated[str, StringConstraints(min_length=1, max_length=4000)]


class StoredMessage(BaseModel):
    """A message that is stored: the acknowledgement."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    key: UUID
    text: str
    created_at: datetime


async def store_message(new: NewMessage, author: Author, database: AsyncSession) -> StoredMessage:
    """Store a message once, however often it is sent, and return what is stored under its key; commits."""
    stored = await database.scalar(
        insert(Message)
        .values(author_id=author.id, key=new.key, text=new.text)
        .on_conflict_do_nothing(index_elements=[Message.author_id, Message.key])
        .returning(Message)
    )
    if stored is None:
        earlier = select(Message).where(Message.author_id == author.id, Message.key == new.key)
        stored = (await database.scalars(earlier)).one()
    await database.commit()
    return StoredMessage.model_validate(stored)


async def messages_of(author: Author, database: AsyncSession) -> list[StoredMessage]:
    """Return what a user wrote, in the order of storing."""
    own = select(Message).where(Message.author_id == author.id).order_by(Message.id)
    return [StoredMessage.model_validate(message) for message in await database.scalars(own)]
