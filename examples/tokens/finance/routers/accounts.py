"""Users and their providers."""

import uuid
from collections.abc import Sequence

from fastapi import APIRouter

from finance.models import Provider, User
from finance.routers.dependencies import Accounts, CurrentUser
from finance.schemas import ProviderIn, ProviderOut, UserIn, UserOut

router = APIRouter()


@router.post("/users", status_code=201, response_model=UserOut)
async def register(body: UserIn, accounts: Accounts) -> User:
    """Register a user."""
    return await accounts.register(body.email, body.name)


@router.post("/providers", status_code=201, response_model=ProviderOut)
async def add_provider(body: ProviderIn, user_id: CurrentUser, accounts: Accounts) -> Provider:
    """Add a bank, not connected yet."""
    return await accounts.add_provider(user_id, body.bank, body.alias)


@router.get("/providers", response_model=list[ProviderOut])
async def providers(user_id: CurrentUser, accounts: Accounts) -> Sequence[Provider]:
    """List the user's banks by alias."""
    return await accounts.providers(user_id)


@router.delete("/providers/{provider_id}", status_code=204)
async def remove_provider(provider_id: uuid.UUID, user_id: CurrentUser, accounts: Accounts) -> None:
    """Remove a bank and all that is known of it."""
    await accounts.remove_provider(user_id, provider_id)
