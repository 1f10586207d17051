"""Therapy sessions: list, read, create, change, delete, upload of transcripts, goals."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Depends, HTTPException, Query, Request, Response
from pydantic import AwareDatetime
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.auth.dependencies import CurrentTherapist, CurrentUser, Database
from app.database import get_session_factory
from app.models.db_models import Goal, Patient, Session, User
from app.models.schemas import (
    GoalCreate,
    GoalUpdate,
    SessionCreate,
    SessionPage,
    SessionRead,
    SessionStatus,
    SessionUpdate,
    UserRole,
)
from app.processing import process_session
from app.rate_limit import RateLimit
from app.settings import settings

MAXIMUM_TRANSCRIPT_BYTES = 256 * 1024

router = APIRouter(prefix="/api/sessions", tags=["sessions"])
uploads = RateLimit()
SessionFactory = Annotated[async_sessionmaker[AsyncSession], Depends(get_session_factory)]


async def find_session(database: AsyncSession, session_id: UUID, user: User) -> Session:
    """Return a session that the user may see; what belongs to somebody else answers 404, as if absent."""
    session = await database.get(Session, session_id)
    if session is None or (user.role is not UserRole.admin and session.therapist_id != user.id):
        raise HTTPException(HTTPStatus.NOT_FOUND, "Session not found")
    return session


async def find_patient(database: AsyncSession, patient_id: UUID, therapist: User) -> Patient:
    """Return a patient of this therapist, or answer 404."""
    patient = await database.get(Patient, patient_id)
    if patient is None or patient.therapist_id != therapist.id:
        raise HTTPException(HTTPStatus.NOT_FOUND, "Patient not found")
    return patient


async def save(database: AsyncSession, session: Session) -> SessionRead:
    """Commit, and return the session as it was committed.

    What the database computed is read before the commit, so that no connection stays busy after it.
    """
    await database.flush()
    await database.refresh(session)
    saved = SessionRead.model_validate(session)
    await database.commit()
    return saved


@router.get("")
async def list_sessions(
    user: CurrentUser,
    database: Database,
    session_status: Annotated[SessionStatus | None, Query(alias="status")] = None,
    patient_id: UUID | None = None,
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
    search: Annotated[str | None, Query(min_length=2, max_length=100)] = None,
    order: Literal["newest", "oldest"] = "newest",
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> SessionPage:
    """List a page of the therapist's sessions; an administrator sees everybody's."""
    statement = select(Session)
    if user.role is not UserRole.admin:
        statement = statement.where(Session.therapist_id == user.id)
    if session_status is not None:
        statement = statement.where(Session.status == session_status)
    if patient_id is not None:
        statement = statement.where(Session.patient_id == patient_id)
    if since is not None:
        statement = statement.where(Session.session_date >= since)
    if until is not None:
        statement = statement.where(Session.session_date < until)
    if search is not None:
        statement = statement.where(Session.transcript_text.icontains(search, autoescape=True))

    total = await database.scalar(select(func.count()).select_from(statement.subquery())) or 0
    date = Session.session_date.desc() if order == "newest" else Session.session_date.asc()
    page = await database.scalars(statement.order_by(date, Session.id).limit(limit).offset(offset))
    items = [SessionRead.model_validate(session) for session in page]
    return SessionPage(items=items, total=total, limit=limit, offset=offset)


@router.get("/{session_id}")
async def get_session(session_id: UUID, user: CurrentUser, database: Database) -> SessionRead:
    """Return one session."""
    return SessionRead.model_validate(await find_session(database, session_id, user))


@router.post("", status_code=HTTPStatus.CREATED)
async def create_session(body: SessionCreate, therapist: CurrentTherapist, database: Database) -> SessionRead:
    """Plan or record a session with one of the therapist's patients."""
    patient = await find_patient(database, body.patient_id, therapist)
    session = Session(
        patient_id=patient.id,
        therapist_id=therapist.id,
        goals=[Goal(description=goal) for goal in body.goals],
        **body.model_dump(exclude={"patient_id", "goals"}),
    )
    database.add(session)
    return await save(database, session)


@router.patch("/{session_id}")
async def update_session(
    session_id: UUID, body: SessionUpdate, therapist: CurrentTherapist, database: Database
) -> SessionRead:
    """Change a session; a new transcript waits for processing again."""
    session = await find_session(database, session_id, therapist)
    changes = body.model_dump(exclude_unset=True)
    if any(changes.get(name, ...) is None for name in ("session_date", "duration_minutes")):
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, "Date and duration cannot be removed")
    for name, value in changes.items():
        setattr(session, name, value)
    if "transcript_text" in changes:
        session.status, session.summary, session.failure = SessionStatus.pending, None, None
    return await save(database, session)


@router.delete("/{session_id}", status_code=HTTPStatus.NO_CONTENT)
async def delete_session(session_id: UUID, therapist: CurrentTherapist, database: Database) -> Response:
    """Delete a session and its goals, unless its transcript is being processed."""
    session = await find_session(database, session_id, therapist)
    if session.status is SessionStatus.processing:
        raise HTTPException(HTTPStatus.CONFLICT, "The session is being processed")
    await database.delete(session)
    await database.commit()
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.post("/upload", status_code=HTTPStatus.ACCEPTED)
async def upload_transcript(
    patient_id: UUID,
    request: Request,
    background: BackgroundTasks,
    therapist: CurrentTherapist,
    database: Database,
    factory: SessionFactory,
) -> SessionRead:
    """Take a transcript (the request's body, UTF-8 text) as a new session, processed in the background."""
    wait = uploads.use(therapist.id, settings.uploads_per_minute)
    if wait:
        raise HTTPException(HTTPStatus.TOO_MANY_REQUESTS, "Too many uploads", headers={"Retry-After": str(wait)})
    patient = await find_patient(database, patient_id, therapist)
    session = Session(
        patient_id=patient.id,
        therapist_id=therapist.id,
        session_date=datetime.now(UTC),
        transcript_text=await read_transcript(request),
        goals=[],
    )
    database.add(session)
    saved = await save(database, session)
    background.add_task(process_session, saved.id, factory)
    return saved


async def read_transcript(request: Request) -> str:
    """Read the request's body as text, without taking in more than is allowed."""
    if not request.headers.get("content-type", "").startswith("text/plain"):
        raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Send the transcript as text/plain")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAXIMUM_TRANSCRIPT_BYTES:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The transcript is too long")
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, "The transcript is not UTF-8") from None


@router.post("/{session_id}/process", status_code=HTTPStatus.ACCEPTED)
async def process_again(
    session_id: UUID,
    background: BackgroundTasks,
    therapist: CurrentTherapist,
    database: Database,
    factory: SessionFactory,
) -> SessionRead:
    """Process a session's transcript again in the background."""
    session = await find_session(database, session_id, therapist)
    if session.status is SessionStatus.processing:
        raise HTTPException(HTTPStatus.CONFLICT, "The session is being processed")
    session.status = SessionStatus.pending
    saved = await save(database, session)
    background.add_task(process_session, saved.id, factory)
    return saved


@router.post("/{session_id}/goals", status_code=HTTPStatus.CREATED)
async def add_goal(session_id: UUID, body: GoalCreate, therapist: CurrentTherapist, database: Database) -> SessionRead:
    """Add a goal to a session."""
    session = await find_session(database, session_id, therapist)
    session.goals.append(Goal(description=body.description))
    return await save(database, session)


@router.patch("/{session_id}/goals/{goal_id}")
async def update_goal(
    session_id: UUID, goal_id: int, body: GoalUpdate, therapist: CurrentTherapist, database: Database
) -> SessionRead:
    """Say whether a goal of a session has been reached."""
    session = await find_session(database, session_id, therapist)
    goal = next((goal for goal in session.goals if goal.id == goal_id), None)
    if goal is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, "Goal not found")
    goal.achieved = body.achieved
    return await save(database, session)
