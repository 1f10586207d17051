"""The token of a connection, and what it is good for."""

import uuid
from collections.abc import Sequence

from fastapi import APIRouter

from finance.models import AuditEntry, Token
from finance.routers.dependencies import CurrentUser, Tokens
from finance.schemas import AuditEntryOut, BalanceOut, CodeIn, TokenOut

router = APIRouter(prefix="/connections/{connection_id}")


@router.post("/token", status_code=201, response_model=TokenOut)
async def connect(connection_id: uuid.UUID, body: CodeIn, user_id: CurrentUser, tokens: Tokens) -> Token:
    """Finish the authorization with the code of the redirect."""
    return await tokens.connect(connection_id, user_id, body.code)


@router.get("/token", response_model=TokenOut)
async def read_token(connection_id: uuid.UUID, user_id: CurrentUser, tokens: Tokens) -> Token:
    """Tell about the token, without its secrets."""
    return await tokens.token(connection_id, user_id)


@router.post("/token/refresh", response_model=TokenOut)
async def refresh(connection_id: uuid.UUID, user_id: CurrentUser, tokens: Tokens) -> Token:
    """Renew the token now."""
    return await tokens.refresh(connection_id, user_id)


@router.delete("/token", status_code=204)
async def revoke(connection_id: uuid.UUID, user_id: CurrentUser, tokens: Tokens) -> None:
    """Forget the token."""
    await tokens.revoke(connection_id, user_id)


@router.get("/balance", response_model=BalanceOut)
async def balance(connection_id: uuid.UUID, user_id: CurrentUser, tokens: Tokens) -> BalanceOut:
    """Ask the bank for the balance, renewing the token first where it must be."""
    return BalanceOut(cents=await tokens.balance(connection_id, user_id))


@router.get("/audit", response_model=list[AuditEntryOut])
async def audit(connection_id: uuid.UUID, user_id: CurrentUser, tokens: Tokens) -> Sequence[AuditEntry]:
    """Tell what happened to the connection, oldest first."""
    return await tokens.audit_log(connection_id, user_id)
