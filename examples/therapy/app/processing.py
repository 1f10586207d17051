"""What happens to a transcript after its upload, in the background."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.models.db_models import Goal, Session
from app.models.schemas import SessionStatus

GOAL_PREFIX = "goal:"
SUMMARY_CHARACTERS = 200


async def process_session(session_id: UUID, factory: async_sessionmaker[AsyncSession]) -> None:
    """Find the goals in a session's transcript and summarise it; the outcome is committed step by step.

    The work opens a database session of its own because the request that asked for it is over by then.
    """
    async with factory() as database:
        session = await database.get(Session, session_id)
        if session is None:
            return
        session.status = SessionStatus.processing
        await database.commit()

        await database.refresh(session)
        try:
            goals, summary = analyse(session.transcript_text or "")
        except ValueError as error:
            session.status, session.failure = SessionStatus.failed, str(error)
        else:
            known = {goal.description for goal in session.goals}
            session.goals += [Goal(description=goal) for goal in goals if goal not in known]
            session.status, session.summary, session.failure = SessionStatus.processed, summary, None
        await database.commit()


def analyse(transcript: str) -> tuple[list[str], str]:
    """Return the goals (lines that begin with "Goal:") and the beginning of everything else.

    Raises:
        ValueError: the transcript has no words.
    """
    lines = [line.strip() for line in transcript.splitlines() if line.strip()]
    if not lines:
        raise ValueError("The transcript is empty")
    goals = [line[len(GOAL_PREFIX) :].strip() for line in lines if line.lower().startswith(GOAL_PREFIX)]
    spoken = " ".join(line for line in lines if not line.lower().startswith(GOAL_PREFIX))
    return list(dict.fromkeys(goal for goal in goals if goal)), spoken[:SUMMARY_CHARACTERS]
