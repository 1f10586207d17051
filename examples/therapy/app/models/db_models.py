"""The tables."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import DateTime, ForeignKey, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base
from app.models.schemas import SessionStatus, UserRole

__all__ = ["Base", "Goal", "Patient", "Session", "User"]


class User(Base):
    """Somebody who can log in."""

    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    email: Mapped[str] = mapped_column(unique=True)
    hashed_password: Mapped[str]
    full_name: Mapped[str]
    role: Mapped[UserRole] = mapped_column(default=UserRole.therapist)
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Patient(Base):
    """Somebody who is treated by one therapist."""

    __tablename__ = "patients"
    __table_args__ = (UniqueConstraint("therapist_id", "email"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    name: Mapped[str]
    email: Mapped[str]
    phone: Mapped[str | None]
    therapist_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Session(Base):
    """One meeting of a therapist and a patient."""

    __tablename__ = "sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id", ondelete="CASCADE"), index=True)
    therapist_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    session_date: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    duration_minutes: Mapped[int] = mapped_column(default=50)
    status: Mapped[SessionStatus] = mapped_column(default=SessionStatus.pending)
    transcript_text: Mapped[str | None]
    summary: Mapped[str | None]
    failure: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), onupdate=func.now()
    )
    # Loaded with the session: an asynchronous application cannot load it later, on access.
    goals: Mapped[list["Goal"]] = relationship(
        lazy="selectin", order_by="Goal.id", cascade="all, delete-orphan", passive_deletes=True
    )


class Goal(Base):
    """Something that therapist and patient agreed to work on, in the order of agreement."""

    __tablename__ = "goals"

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"), index=True)
    description: Mapped[str]
    achieved: Mapped[bool] = mapped_column(default=False)
