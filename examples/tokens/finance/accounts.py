"""Users and their providers. Each method that writes commits."""

import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from finance.banks import bank_named
from finance.errors import ConflictError, NotFoundError
from finance.models import Connection, Provider, User


class AccountService:
    """Registers users and connects banks for them."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def register(self, email: str, name: str) -> User:
        """Add a user.

        Raises:
            ConflictError: the address is taken.
        """
        user = User(email=email, name=name)
        self.session.add(user)
        await self._commit(f"{email} is registered already")
        await self.session.refresh(user)
        return user

    async def add_provider(self, user_id: uuid.UUID, bank: str, alias: str) -> Provider:
        """Add a provider with a pending connection.

        Raises:
            ConflictError: the user has a provider of this alias.
            BankRefusedError: no such bank is known.
        """
        bank_named(bank)
        provider = Provider(user_id=user_id, bank=bank, alias=alias, connection=Connection())
        self.session.add(provider)
        await self._commit(f"you have a provider called {alias!r} already")
        return provider

    async def providers(self, user_id: uuid.UUID) -> Sequence[Provider]:
        """Return a user's providers by alias, their connections loaded."""
        statement = (
            select(Provider)
            .where(Provider.user_id == user_id)
            .options(joinedload(Provider.connection))
            .order_by(Provider.alias)
        )
        return (await self.session.scalars(statement)).all()

    async def remove_provider(self, user_id: uuid.UUID, provider_id: uuid.UUID) -> None:
        """Delete a provider with its connection, token and audit log.

        Raises:
            NotFoundError: the user has no such provider.
        """
        provider = await self.session.get(Provider, provider_id)
        if provider is None or provider.user_id != user_id:
            raise NotFoundError(f"no provider {provider_id}")
        await self.session.delete(provider)
        await self.session.commit()

    async def _commit(self, conflict: str) -> None:
        try:
            await self.session.commit()
        except IntegrityError as error:
            await self.session.rollback()
            raise ConflictError(conflict) from error
