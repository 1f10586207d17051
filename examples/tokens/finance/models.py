"""The tables: users, their providers, one connection each, its token, and an audit log."""

import enum
import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import DateTime, Enum, ForeignKey, Identity, String, Text, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncAttrs
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

RENEW_BEFORE = timedelta(minutes=5)
FAILURES_BEFORE_ERROR = 3


class Base(AsyncAttrs, DeclarativeBase):
    """The declarative base."""

    type_annotation_map = {datetime: DateTime(timezone=True), dict[str, Any]: JSONB}  # noqa: RUF012


class ConnectionStatus(enum.StrEnum):
    """Where a connection to a bank stands."""

    PENDING = "pending"
    ACTIVE = "active"
    REVOKED = "revoked"
    ERROR = "error"


class User(Base):
    """Somebody with accounts at banks."""

    __tablename__ = "users"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    email: Mapped[str] = mapped_column(String(320), unique=True)
    name: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    providers: Mapped[list["Provider"]] = relationship(back_populates="user", order_by="Provider.alias")


class Provider(Base):
    """A user's account at one bank, under a name that the user chose."""

    __tablename__ = "providers"
    __table_args__ = (UniqueConstraint("user_id", "alias", name="unique_alias_per_user"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    bank: Mapped[str]
    alias: Mapped[str]

    user: Mapped[User] = relationship(back_populates="providers")
    connection: Mapped["Connection"] = relationship(
        back_populates="provider", cascade="all, delete-orphan", passive_deletes=True
    )


class Connection(Base):
    """The state of the link to the bank; exactly one for a provider."""

    __tablename__ = "connections"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    provider_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("providers.id", ondelete="CASCADE"), unique=True)
    status: Mapped[ConnectionStatus] = mapped_column(
        Enum(
            ConnectionStatus,
            name="connection_status",
            values_callable=lambda kind: [one.value for one in kind],
        ),
        default=ConnectionStatus.PENDING,
    )
    connected_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    error_message: Mapped[str | None] = mapped_column(Text)

    provider: Mapped[Provider] = relationship(back_populates="connection")
    # Lazy, as relationships are unless told otherwise: under asyncio it must be loaded before it is read.
    token: Mapped["Token | None"] = relationship(
        back_populates="connection", cascade="all, delete-orphan", passive_deletes=True
    )

    def mark_connected(self, now: datetime) -> None:
        """Note that the bank has just given or renewed a token."""
        self.status = ConnectionStatus.ACTIVE
        self.connected_at = self.connected_at or now
        self.failures = 0
        self.error_message = None

    def mark_failed(self, message: str) -> None:
        """Note that the bank would not renew the token; several failures in a row make it an error."""
        self.failures += 1
        self.error_message = message
        if self.failures >= FAILURES_BEFORE_ERROR:
            self.status = ConnectionStatus.ERROR


class Token(Base):
    """What the bank gave us. A production system would encrypt the two secrets; here they stay readable."""

    __tablename__ = "tokens"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    connection_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("connections.id", ondelete="CASCADE"), unique=True)
    access_token: Mapped[str] = mapped_column(Text)
    refresh_token: Mapped[str | None] = mapped_column(Text)
    scope: Mapped[str]
    expires_at: Mapped[datetime]
    refresh_count: Mapped[int] = mapped_column(default=0)

    connection: Mapped[Connection] = relationship(back_populates="token")

    def needs_refresh(self, now: datetime) -> bool:
        """Return whether the access token has expired or is about to."""
        return self.expires_at - now <= RENEW_BEFORE


class AuditEntry(Base):
    """One thing that happened to a connection, in the order of its id."""

    __tablename__ = "audit_entries"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    connection_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("connections.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    action: Mapped[str]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
