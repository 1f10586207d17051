"""Logging in."""

import asyncio
from http import HTTPStatus

from fastapi import APIRouter, HTTPException
from sqlalchemy import select

from app.auth.dependencies import CurrentUser, Database
from app.auth.utils import create_access_token, verify_password
from app.models.db_models import User
from app.models.schemas import Credentials, Token, UserRead

router = APIRouter(prefix="/api/auth", tags=["auth"])


@router.post("/login")
async def log_in(credentials: Credentials, database: Database) -> Token:
    """Exchange an e-mail address and a password for a token."""
    user = await database.scalar(select(User).where(User.email == credentials.email))
    # Hashing is meant to be slow: in a thread it does not hold up other requests.
    if (
        user is None
        or not user.is_active
        or not await asyncio.to_thread(verify_password, credentials.password, user.hashed_password)
    ):
        raise HTTPException(HTTPStatus.UNAUTHORIZED, "Wrong e-mail address or password")
    return Token(access_token=create_access_token(user.id))


@router.get("/me", response_model=UserRead)
async def read_me(user: CurrentUser) -> User:
    """Return the user who is logged in."""
    return user
