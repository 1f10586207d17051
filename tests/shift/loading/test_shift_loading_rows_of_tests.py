"""Relationships that tests read further on than a factory loads them, or behind ``expire``."""

from __future__ import annotations

import textwrap

import pytest

from greenshift.shift.rewrite.flip.awaiting import fix_awaiting
from greenshift.shift.rewrite.flip.bridging import fix_bridges
from greenshift.shift.rewrite.stages import run_stage

MODELS = """\
from sqlalchemy import ForeignKey, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from sqlalchemy.orm import scoped_session, sessionmaker
class Base(DeclarativeBase): ...
class Exam(Base):
    __tablename__ = "exams"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    attempts: Mapped[list["Attempt"]] = relationship(back_populates="exam")
class Attempt(Base):
    __tablename__ = "attempts"
    id: Mapped[int] = mapped_column(primary_key=True)
    exam_id: Mapped[int] = mapped_column(ForeignKey("exams.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    exam: Mapped[Exam] = relationship(back_populates="attempts")
class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    attempts: Mapped[list[Attempt]] = relationship()
    @property
    def titles(self):
        return [attempt.exam.title for attempt in self.attempts]
    def stored(self, db: Session):
        db.commit()
        return self.titles
engine = create_engine("postgresql:///x")
Registry = scoped_session(sessionmaker(engine))
"""
SERVICE = """\
def number(user):
    return len(user.attempts)
def shown(user):
    return sorted(user.attempts, key=lambda one: one.exam.title)
def through(user):
    return shown(user)
def get(db, user):
    db.commit()
    return shown(user)
"""
FACTORIES = """\
from factory.alchemy import SQLAlchemyModelFactory
from models import Registry, User
class UserFactory(SQLAlchemyModelFactory):
    class Meta:
        model = User
        sqlalchemy_session = Registry
"""
HEAD = """\
import pytest
from factories import UserFactory
from models import Exam, Registry, User
from service import get, number, shown, through
@pytest.fixture
def db():
    return Registry()
@pytest.fixture
def user(db):
    return UserFactory()
"""


def flipped(code: str) -> str:
    texts = {"models.py": MODELS, "service.py": SERVICE, "factories.py": FACTORIES}
    texts["test_it.py"] = HEAD + textwrap.dedent(code)
    after = run_stage("flip", texts, fixers=[fix_awaiting, fix_bridges]).texts["test_it.py"]
    return after[after.index("def test_it") :].replace("async ", "")


SAMPLES = [
    # The factory's hook loads what leads away from its row, and no more.
    ("assert number(user) == 0", "assert number(user) == 0"),
    ("assert shown(user) == []", "assert await greenlet_spawn(lambda: shown(user)) == []"),
    ("assert through(user) == []", "assert await greenlet_spawn(lambda: through(user)) == []"),
    ("assert user.attempts == []", "assert user.attempts == []"),
    ("assert user.attempts[0].exam", "assert await greenlet_spawn(lambda: user.attempts[0].exam)"),
    (
        "assert [one.exam.title for one in user.attempts] == []",
        "assert [(await greenlet_spawn(lambda: one.exam)).title for one in user.attempts] == []",
    ),
    ("assert user.titles == []", "assert await greenlet_spawn(lambda: user.titles) == []"),
    # What is made here is no factory's row.
    ("assert shown(User()) == []", "assert shown(User()) == []"),
    # What a test stores has its relationships, but not theirs, refreshed.
    (
        "kept = User()\n    db.add(kept)\n    db.commit()\n    assert number(kept) == len(shown(kept))",
        "kept = User()\n    db.add(kept)\n    await db.commit()\n"
        "    assert number(kept) == len(await db.run_sync(lambda _: shown(kept)))",
    ),
    # What becomes async is awaited.
    ("assert user.stored(db) == []", "assert await user.stored(db) == []"),
    ("assert get(db, user) == []", "assert await get(db, user) == []"),
    # What is expired is to be loaded anew, whoever made it.
    (
        "found = Exam()\n    db.add(found)\n    db.flush()\n    found.attempts\n    db.expire(found)\n"
        "    assert found.attempts",
        "found = Exam()\n    db.add(found)\n    await db.flush()\n    found.attempts\n    db.expire(found)\n"
        "    assert await db.run_sync(lambda _: found.attempts)",
    ),
    (
        "number(user)\n    db.expire_all()\n    assert number(user) == 0",
        "number(user)\n    db.expire_all()\n    assert await db.run_sync(lambda _: number(user)) == 0",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after"), SAMPLES)
def test_sample(before: str, after: str) -> None:
    assert flipped(f"def test_it(db, user):\n    {before}\n") == f"def test_it(db, user):\n    {after}\n"
