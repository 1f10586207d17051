"""What the API takes and returns."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

ShortText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Minutes = Annotated[int, Field(ge=5, le=240)]


class UserRole(StrEnum):
    """What a user may do: a therapist works with their own patients, an administrator reads everything."""

    therapist = "therapist"
    admin = "admin"


class SessionStatus(StrEnum):
    """How far the processing of a session's transcript has come."""

    pending = "pending"
    processing = "processing"
    processed = "processed"
    failed = "failed"


class FromRow(BaseModel):
    """The base of what is read from a database row."""

    model_config = ConfigDict(from_attributes=True)


class Credentials(BaseModel):
    """What a user logs in with."""

    email: str
    password: str


class Token(BaseModel):
    """A login: send `access_token` as `Authorization: Bearer ...`."""

    access_token: str
    token_type: str = "bearer"


class UserRead(FromRow):
    """A user as others may see them."""

    id: UUID
    email: str
    full_name: str
    role: UserRole


class PatientCreate(BaseModel):
    """A new patient."""

    name: ShortText
    email: ShortText
    phone: ShortText | None = None


class PatientRead(FromRow):
    """A patient."""

    id: UUID
    name: str
    email: str
    phone: str | None
    therapist_id: UUID


class GoalCreate(BaseModel):
    """A new goal of a session."""

    description: ShortText


class GoalUpdate(BaseModel):
    """Whether a goal has been reached."""

    achieved: bool


class GoalRead(FromRow):
    """A goal that therapist and patient agreed on."""

    id: int
    description: str
    achieved: bool


class SessionCreate(BaseModel):
    """A new session."""

    patient_id: UUID
    session_date: AwareDatetime
    duration_minutes: Minutes = 50
    transcript_text: str | None = None
    goals: list[ShortText] = []


class SessionUpdate(BaseModel):
    """The changes to a session; what is left out stays."""

    session_date: AwareDatetime | None = None
    duration_minutes: Minutes | None = None
    transcript_text: str | None = None


class SessionRead(FromRow):
    """A session with its goals."""

    id: UUID
    patient_id: UUID
    therapist_id: UUID
    session_date: datetime
    duration_minutes: int
    status: SessionStatus
    transcript_text: str | None
    summary: str | None
    failure: str | None
    goals: list[GoalRead]
    created_at: datetime
    updated_at: datetime


class SessionPage(BaseModel):
    """One page of sessions; `total` counts all that match."""

    items: list[SessionRead]
    total: int
    limit: int
    offset: int
