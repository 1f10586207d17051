"""Which applications have async sessions only: what is inside of an async session counts as none."""

from __future__ import annotations

import pytest

from greenshift.shift.kinds import infer
from greenshift.shift.kinds.session_origins import has_only_async_sessions
from greenshift.shift.project import project_of

ASYNC = """
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
engine = create_async_engine("sqlite+aiosqlite://")
SessionLocal = async_sessionmaker(engine)
"""
SYNC = """
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker
engine = create_engine("sqlite://")
SessionLocal = sessionmaker(engine)
"""
INSIDE = """
from sqlalchemy import event, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, object_session

class User:
    @property
    def size(self):
        session = object_session(self)
        return session.scalar(select(1))

def session_of(user):
    return object_session(user)

def refresh(user):
    session_of(user).refresh(user)

@event.listens_for(Session, "before_flush")
def note(session: Session, context, instances):
    session.execute(select(1))

def count(session: Session):
    return session.scalar(select(1))

async def run(db: AsyncSession):
    await db.run_sync(count)
    await db.run_sync(lambda session: session.commit())
    await db.run_sync(lambda _: db.sync_session.commit())
"""


def only_async(**texts: str) -> bool:
    project = project_of({f"{name}.py": text for name, text in texts.items()})
    return has_only_async_sessions(project, infer(project))


def test_sessions_inside_of_async_ones_are_made_by_nobody() -> None:
    assert only_async(database=ASYNC, inside=INSIDE)


def test_an_annotation_is_enough() -> None:
    assert only_async(
        service="from sqlalchemy.ext.asyncio import AsyncSession\nasync def f(db: AsyncSession): db.add(1)\n"
    )


@pytest.mark.parametrize(
    "made",
    [
        SYNC,
        "from sqlalchemy.orm import Session\nfrom database import engine\nsession = Session(engine.sync_engine)\n",
        "from sqlalchemy.orm import Session\nclass Mine(Session): ...\ndef f():\n    return Mine()\n",
        "from sqlalchemy.orm import sessionmaker\ndef f():\n    return sessionmaker()()\n",
    ],
)
def test_one_that_is_made_is_enough_to_be_mixed(made: str) -> None:
    assert not only_async(database=ASYNC, inside=INSIDE, made=made)


def test_no_session_at_all_is_not_async() -> None:
    assert not only_async(plain="x = 1\n")
    assert not only_async(inside="from sqlalchemy.orm import object_session\ndef f(x): return object_session(x)\n")


def test_alembic_does_not_count() -> None:
    env = "from alembic import context\n" + SYNC + "with SessionLocal() as session:\n    context.configure(session)\n"
    assert only_async(database=ASYNC, env=env)
