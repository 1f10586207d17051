"""Registering, logging in and logging out."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from auth_service.database import get_request_scoped_db_session
from auth_service.models import Login, User
from auth_service.passwords import hash_password, verify_password
from auth_service.tokens import create_token, read_login

router = APIRouter()
Database = Annotated[AsyncSession, Depends(get_request_scoped_db_session)]


class Credentials(BaseModel):
    """What a user registers and logs in with."""

    email: str
    password: str


class Registered(BaseModel):
    """A new user."""

    id: UUID
    email: str


class Token(BaseModel):
    """A login: send `access_token` as `Authorization: Bearer ...`."""

    access_token: str
    token_type: str = "bearer"


@router.post("/register", status_code=HTTPStatus.CREATED)
async def register(credentials: Credentials, database: Database) -> Registered:
    """Add a user."""
    user = User(email=credentials.email, hashed_password=await hash_password(credentials.password))
    database.add(user)
    try:
        await database.commit()
    except IntegrityError:
        raise HTTPException(HTTPStatus.CONFLICT, "This address is registered") from None
    return Registered(id=user.id, email=user.email)


@router.post("/login")
async def login(credentials: Credentials, database: Database) -> Token:
    """Check the password and begin a login."""
    user = await database.scalar(select(User).where(User.email == credentials.email, User.is_active))
    # The connection goes back to the pool: hashing takes longer than the rest of the request.
    await database.commit()
    if user is None or not await verify_password(credentials.password, user.hashed_password):
        raise HTTPException(HTTPStatus.UNAUTHORIZED, "Wrong address or password")
    begun = Login(user_id=user.id)
    database.add(begun)
    await database.commit()
    return Token(access_token=create_token(user.id, begun.id))


@router.post("/logout", status_code=HTTPStatus.NO_CONTENT)
async def logout(
    database: Database, credentials: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]
) -> None:
    """End the login: from now on no service takes its token."""
    login_id = read_login(credentials.credentials)
    if login_id is None:
        raise HTTPException(HTTPStatus.UNAUTHORIZED, "Log in first")
    ended = update(Login).where(Login.id == login_id, Login.ended_at.is_(None)).values(ended_at=func.now())
    await database.execute(ended)
    await database.commit()
