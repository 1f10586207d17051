"""What goes in and out over HTTP."""

import uuid
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from finance.models import ConnectionStatus


class Reading(BaseModel):
    """The base of what is read from models."""

    model_config = ConfigDict(from_attributes=True)


class UserIn(BaseModel):
    """A registration."""

    email: str
    name: str


class UserOut(Reading):
    """A user."""

    id: uuid.UUID
    email: str
    name: str
    created_at: datetime


class ProviderIn(BaseModel):
    """A bank to connect."""

    bank: str
    alias: str


class ConnectionOut(Reading):
    """The state of the link to the bank."""

    id: uuid.UUID
    status: ConnectionStatus
    connected_at: datetime | None
    failures: int
    error_message: str | None


class ProviderOut(Reading):
    """A provider with its connection."""

    id: uuid.UUID
    bank: str
    alias: str
    connection: ConnectionOut


class CodeIn(BaseModel):
    """The code of the authorization redirect."""

    code: str


class TokenOut(Reading):
    """A token without its secrets."""

    scope: str
    expires_at: datetime
    refresh_count: int


class AuditEntryOut(Reading):
    """One line of the audit log."""

    action: str
    details: dict[str, Any]
    created_at: datetime


class BalanceOut(BaseModel):
    """A balance."""

    cents: int
