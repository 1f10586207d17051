"""What the routes ask for."""

import uuid
from typing import Annotated

from fastapi import Depends, Header
from sqlalchemy.ext.asyncio import AsyncSession

from finance.accounts import AccountService
from finance.database import get_session
from finance.tokens import TokenService

Session = Annotated[AsyncSession, Depends(get_session)]
# A real application would read it from a signed token.
CurrentUser = Annotated[uuid.UUID, Header(alias="X-User-Id")]


def account_service(session: Session) -> AccountService:
    """Return the service on this request's session."""
    return AccountService(session)


def token_service(session: Session) -> TokenService:
    """Return the service on this request's session."""
    return TokenService(session)


Accounts = Annotated[AccountService, Depends(account_service)]
Tokens = Annotated[TokenService, Depends(token_service)]
