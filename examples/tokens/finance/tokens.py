"""The life of a token: stored, read, renewed, revoked. Each method that writes commits."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from finance.banks import BankRefusedError, Grant, bank_named
from finance.errors import NotConnectedError, NotFoundError, RefreshFailedError
from finance.models import AuditEntry, Connection, ConnectionStatus, Token


class TokenService:
    """Keeps the tokens of connections; `session` is this service's to commit."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def connect(self, connection_id: uuid.UUID, user_id: uuid.UUID, code: str) -> Token:
        """Exchange the code of the authorization redirect at the bank, and store the tokens.

        Raises:
            NotFoundError: the user has no such connection.
            BankRefusedError: the bank did not accept the code.
        """
        connection = await self._connection(connection_id, user_id)
        grant = await bank_named(connection.provider.bank).exchange(code)
        return await self.store_initial_tokens(connection_id, user_id, grant)

    async def store_initial_tokens(self, connection_id: uuid.UUID, user_id: uuid.UUID, grant: Grant) -> Token:
        """Store tokens, in the place of older ones where there are any.

        Raises:
            NotFoundError: the user has no such connection.
        """
        connection = await self._connection(connection_id, user_id)
        connection.mark_connected(_now())
        action = "token_created" if connection.token is None else "token_updated"
        if connection.token is None:
            connection.token = Token()
        _write(connection.token, grant)
        self._audit(connection, user_id, action, scope=grant.scope)
        await self.session.commit()
        return connection.token

    async def valid_access_token(self, connection_id: uuid.UUID, user_id: uuid.UUID) -> str:
        """Return an access token that lives for some minutes more, renewing it first where it must be.

        Raises:
            NotFoundError: the user has no such connection.
            NotConnectedError: there is no token.
            RefreshFailedError: the bank would not renew it.
        """
        connection = await self._connection(connection_id, user_id)
        if connection.token is None:
            raise NotConnectedError("this connection has no token")
        if connection.token.needs_refresh(_now()):
            return (await self.refresh(connection_id, user_id, only_if_needed=True)).access_token
        return connection.token.access_token

    async def balance(self, connection_id: uuid.UUID, user_id: uuid.UUID) -> int:
        """Return the balance in cents, as the bank tells it to the bearer of a valid access token.

        Raises:
            NotFoundError: the user has no such connection.
            NotConnectedError: there is no token.
            RefreshFailedError: the bank would not renew it.
        """
        access_token = await self.valid_access_token(connection_id, user_id)
        connection = await self._connection(connection_id, user_id)
        return await bank_named(connection.provider.bank).balance(access_token)

    async def refresh(self, connection_id: uuid.UUID, user_id: uuid.UUID, *, only_if_needed: bool = False) -> Token:
        """Renew the token while the connection's row is locked: two requests at once renew it once.

        Raises:
            NotFoundError: the user has no such connection.
            NotConnectedError: there is no token, or the bank gave no refresh token with it.
            RefreshFailedError: the bank refused; the failure is counted and logged all the same.
        """
        connection = await self._connection(connection_id, user_id, lock=True)
        token = connection.token
        if token is None or token.refresh_token is None:
            raise NotConnectedError("this connection has no refresh token")
        if only_if_needed and not token.needs_refresh(_now()):
            await self.session.commit()
            return token
        try:
            grant = await bank_named(connection.provider.bank).renew(token.refresh_token)
        except BankRefusedError as error:
            connection.mark_failed(str(error))
            self._audit(connection, user_id, "token_refresh_failed", failures=connection.failures)
            await self.session.commit()
            raise RefreshFailedError(f"{connection.provider.alias}: {error}") from error
        rotated = grant.refresh_token not in (None, token.refresh_token)
        _write(token, grant)
        token.refresh_count += 1
        connection.mark_connected(_now())
        self._audit(connection, user_id, "token_refreshed", rotated=rotated, count=token.refresh_count)
        await self.session.commit()
        return token

    async def revoke(self, connection_id: uuid.UUID, user_id: uuid.UUID) -> None:
        """Forget the token; the connection stays, to be connected again.

        Raises:
            NotFoundError: the user has no such connection.
        """
        connection = await self._connection(connection_id, user_id)
        connection.token = None
        connection.status = ConnectionStatus.REVOKED
        self._audit(connection, user_id, "connection_revoked")
        await self.session.commit()

    async def token(self, connection_id: uuid.UUID, user_id: uuid.UUID) -> Token:
        """Return the token.

        Raises:
            NotFoundError: the user has no such connection.
            NotConnectedError: there is no token.
        """
        connection = await self._connection(connection_id, user_id)
        if connection.token is None:
            raise NotConnectedError("this connection has no token")
        return connection.token

    async def audit_log(self, connection_id: uuid.UUID, user_id: uuid.UUID) -> Sequence[AuditEntry]:
        """Return what happened to a connection, oldest first.

        Raises:
            NotFoundError: the user has no such connection.
        """
        await self._connection(connection_id, user_id)
        statement = select(AuditEntry).where(AuditEntry.connection_id == connection_id).order_by(AuditEntry.id)
        return (await self.session.scalars(statement)).all()

    async def _connection(self, connection_id: uuid.UUID, user_id: uuid.UUID, *, lock: bool = False) -> Connection:
        """Return the connection with its provider and token loaded, so that reading them costs no query."""
        connection = await self.session.get(
            Connection,
            connection_id,
            options=[selectinload(Connection.provider), selectinload(Connection.token)],
            with_for_update=True if lock else None,
            populate_existing=lock,  # what was read before the lock was ours may be old
        )
        if connection is None or connection.provider.user_id != user_id:
            raise NotFoundError(f"no connection {connection_id}")
        return connection

    def _audit(self, connection: Connection, user_id: uuid.UUID, action: str, **details: Any) -> None:
        self.session.add(AuditEntry(connection_id=connection.id, user_id=user_id, action=action, details=details))


def _now() -> datetime:
    return datetime.now(UTC)


def _write(token: Token, grant: Grant) -> None:
    token.access_token = grant.access_token
    token.refresh_token = grant.refresh_token or token.refresh_token
    token.expires_at = _now() + timedelta(seconds=grant.expires_in)
    token.scope = grant.scope
