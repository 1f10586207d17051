"""Who is asking: the user behind a request's token."""

from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy.ext.asyncio import AsyncSession

from app.auth.utils import read_access_token
from app.database import get_db
from app.models.db_models import User
from app.models.schemas import UserRole

bearer = HTTPBearer(auto_error=False)
Database = Annotated[AsyncSession, Depends(get_db)]


async def current_user(
    database: Database, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
) -> User:
    """Return the active user whose token came with the request, or answer 401."""
    user_id = read_access_token(credentials.credentials) if credentials else None
    user = await database.get(User, user_id) if user_id else None
    if user is None or not user.is_active:
        raise HTTPException(HTTPStatus.UNAUTHORIZED, "Log in first", headers={"WWW-Authenticate": "Bearer"})
    return user


CurrentUser = Annotated[User, Depends(current_user)]


async def current_therapist(user: CurrentUser) -> User:
    """Return the user when they may write, or answer 403."""
    if user.role is not UserRole.therapist:
        raise HTTPException(HTTPStatus.FORBIDDEN, "Only therapists may do this")
    return user


CurrentTherapist = Annotated[User, Depends(current_therapist)]
