"""Who is asking: the token is signed, and its login is looked up in the database, for a request as for a WebSocket."""

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

import jwt
from fastapi import Depends, WebSocket
from fastapi.requests import HTTPConnection
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts import logins, users
from backend.database import get_request_scoped_db_session
from backend.settings import settings

Database = Annotated[AsyncSession, Depends(get_request_scoped_db_session)]


class NotLoggedInError(Exception):
    """There is no token, or it is none of a present login."""


@dataclass(frozen=True)
class Author:
    """The user behind a token."""

    id: UUID
    email: str


async def authenticate(authorization: str, database: AsyncSession) -> Author:
    """Return the user whose token came in an `Authorization` header.

    Raises:
        NotLoggedInError: it is forged, expired, or its login was ended.
    """
    try:
        claims = jwt.decode(
            authorization.removeprefix("Bearer "),
            settings.jwt_secret.get_secret_value(),
            algorithms=["HS256"],
            options={"require": ["sub", "jti", "exp"]},
        )
        login_id, user_id = UUID(claims["jti"]), UUID(claims["sub"])
    except (jwt.InvalidTokenError, ValueError):
        raise NotLoggedInError from None
    author = select(users.c.id, users.c.email).join_from(logins, users, logins.c.user_id == users.c.id)
    found = (
        await database.execute(
            author.where(logins.c.id == login_id, users.c.id == user_id, logins.c.ended_at.is_(None), users.c.is_active)
        )
    ).one_or_none()
    if found is None:
        raise NotLoggedInError
    return Author(found.id, found.email)


async def current_author(connection: HTTPConnection, database: Database) -> Author:
    """Return the user behind an HTTP request."""
    return await authenticate(connection.headers.get("Authorization", ""), database)


async def websocket_author(websocket: WebSocket) -> Author:
    """Return the user behind a WebSocket, from a session that ends before the conversation begins.

    As a dependency the session would stay open for as long as the WebSocket does, and its connection with it: a few
    users, and the pool is empty.
    """
    async with asynccontextmanager(get_request_scoped_db_session)() as database:
        return await authenticate(websocket.headers.get("Authorization", ""), database)


CurrentAuthor = Annotated[Author, Depends(current_author)]
WebSocketAuthor = Annotated[Author, Depends(websocket_author)]
