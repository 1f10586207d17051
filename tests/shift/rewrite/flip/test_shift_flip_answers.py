# ruff: noqa: E501  (a sample is easier to read on one line)
"""Routes whose response model reads what no loader option loads: properties that query, computed and deferred columns."""

from __future__ import annotations

import textwrap

import pytest

from greenshift.shift.rewrite.context import Options
from greenshift.shift.rewrite.flip.answers import fill_answers
from greenshift.shift.rewrite.flip.awaiting import fix_awaiting
from greenshift.shift.rewrite.flip.bridging import fix_bridges
from greenshift.shift.rewrite.stages import StageResult, run_stage

MODELS = """\
from sqlalchemy import ForeignKey, Text, func, select
from sqlalchemy.orm import (
    DeclarativeBase, Mapped, column_property, deferred, mapped_column, object_session, relationship,
)
class Base(DeclarativeBase): ...
class Link(Base):
    __tablename__ = "links"
    id: Mapped[int] = mapped_column(primary_key=True)
    exam_id: Mapped[int] = mapped_column(ForeignKey("exams.id"))
class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    @property
    def xp(self) -> int:
        return object_session(self).scalar(select(func.count(Link.id)))
    @property
    def level(self) -> int:
        return 1 + self.xp // 100
class Exam(Base):
    __tablename__ = "exams"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    text: Mapped[str] = deferred(mapped_column(Text))
    author: Mapped[User] = relationship(lazy="joined")
Exam.links = column_property(select(func.count(Link.id)).where(Link.exam_id == Exam.id).scalar_subquery())
"""
SCHEMAS = """\
from pydantic import BaseModel, ConfigDict
class FromORM(BaseModel):
    model_config = ConfigDict(from_attributes=True)
class Named(FromORM):
    name: str
class UserOut(Named):
    level: int
class Bare(BaseModel):
    level: int
class OldOut(BaseModel):
    level: int
    class Config:
        orm_mode = True
class ExamOut(FromORM):
    title: str
    links: int
class Whole(FromORM):
    text: str
class Nested(FromORM):
    author: UserOut
"""
HEAD = """\
from fastapi import APIRouter, Depends
from sqlalchemy import select
from sqlalchemy.orm import Session, undefer
from models import Exam, User
from schemas import Bare, ExamOut, Named, Nested, OldOut, UserOut, Whole
router = APIRouter()
def get_db():
    with Session() as session:
        yield session
def current(db: Session = Depends(get_db)) -> User:
    return db.scalars(select(User)).one()
"""


def flip(code: str, options: Options | None = None) -> StageResult:
    texts = {"models.py": MODELS, "schemas.py": SCHEMAS, "routes.py": HEAD + textwrap.dedent(code)}
    return run_stage("flip", texts, options, fixers=[fill_answers, fix_awaiting, fix_bridges])


def routes(code: str) -> str:
    text = flip(code).texts["routes.py"]
    return text[text.index("@router") :]


SAMPLES = [
    # A property that queries, of what a dependency gave: the route touches no session itself.
    (
        "@router.get('/me', response_model=UserOut)\ndef me(user: User = Depends(current)):\n    return user\n",
        "@router.get('/me', response_model=UserOut)\nasync def me(user: User = Depends(current)):\n"
        "    return await greenlet_spawn(UserOut.model_validate, user)\n",
    ),
    # By the annotation of what it returns.
    (
        "@router.get('/me')\ndef me(user: User = Depends(current)) -> UserOut:\n    return user\n",
        "@router.get('/me')\nasync def me(user: User = Depends(current)) -> UserOut:\n"
        "    return await greenlet_spawn(UserOut.model_validate, user)\n",
    ),
    # A model that is not told to read attributes: FastAPI tells it, so must we.
    (
        "@router.get('/me', response_model=Bare)\ndef me(user: User = Depends(current)):\n    return user\n",
        "@router.get('/me', response_model=Bare)\nasync def me(user: User = Depends(current)):\n"
        "    return await greenlet_spawn(Bare.model_validate, user, from_attributes=True)\n",
    ),
    # Pydantic 1.
    (
        "@router.get('/me', response_model=OldOut)\ndef me(user: User = Depends(current)):\n    return user\n",
        "@router.get('/me', response_model=OldOut)\nasync def me(user: User = Depends(current)):\n"
        "    return await greenlet_spawn(OldOut.from_orm, user)\n",
    ),
    # Many, and what is awaited.
    (
        "@router.get('/', response_model=list[UserOut])\ndef all(db: Session = Depends(get_db)):\n"
        "    return db.scalars(select(User)).all()\n",
        "@router.get('/', response_model=list[UserOut])\nasync def all(db: Session = Depends(get_db)):\n"
        "    return await greenlet_spawn(TypeAdapter(list[UserOut]).validate_python, "
        "(await db.scalars(select(User))).all(), from_attributes=True)\n",
    ),
    # Behind a relationship.
    (
        "@router.get('/', response_model=Nested)\ndef one(db: Session = Depends(get_db)):\n    return db.get(Exam, 1)\n",
        "@router.get('/', response_model=Nested)\nasync def one(db: Session = Depends(get_db)):\n"
        "    return await greenlet_spawn(Nested.model_validate, await db.get(Exam, 1))\n",
    ),
    # What reads plain columns needs nothing.
    (
        "@router.get('/', response_model=Named)\ndef one(db: Session = Depends(get_db)):\n    return db.get(User, 1)\n",
        "@router.get('/', response_model=Named)\nasync def one(db: Session = Depends(get_db)):\n"
        "    return await db.get(User, 1)\n",
    ),
    # A column that the database computes is loaded with the row; a flush expires it.
    (
        "@router.get('/', response_model=ExamOut)\ndef one(db: Session = Depends(get_db)):\n    return db.get(Exam, 1)\n",
        "@router.get('/', response_model=ExamOut)\nasync def one(db: Session = Depends(get_db)):\n"
        "    return await db.get(Exam, 1)\n",
    ),
    (
        "def renamed(db: Session):\n    exam = db.get(Exam, 1)\n    exam.title = 'x'\n    db.commit()\n    return exam\n"
        "@router.put('/', response_model=ExamOut)\ndef put(db: Session = Depends(get_db)):\n    return renamed(db)\n",
        "@router.put('/', response_model=ExamOut)\nasync def put(db: Session = Depends(get_db)):\n"
        "    return await greenlet_spawn(ExamOut.model_validate, await renamed(db))\n",
    ),
    # Validated in the code itself.
    (
        "@router.get('/me')\ndef me(user: User = Depends(current)):\n    return {'user': UserOut.model_validate(user)}\n",
        "@router.get('/me')\nasync def me(user: User = Depends(current)):\n"
        "    return {'user': await greenlet_spawn(lambda: UserOut.model_validate(user))}\n",
    ),
    # Deferred columns, in an answer and read directly.
    (
        "@router.get('/', response_model=Whole)\ndef one(db: Session = Depends(get_db)):\n    return db.get(Exam, 1)\n",
        "@router.get('/', response_model=Whole)\nasync def one(db: Session = Depends(get_db)):\n"
        "    return await greenlet_spawn(Whole.model_validate, await db.get(Exam, 1))\n",
    ),
    (
        "@router.get('/')\ndef one(db: Session = Depends(get_db)):\n    exam = db.get(Exam, 1)\n    return exam.text\n",
        "@router.get('/')\nasync def one(db: Session = Depends(get_db)):\n    exam = await db.get(Exam, 1)\n"
        "    return await db.run_sync(lambda _: exam.text)\n",
    ),
    (
        "@router.get('/')\ndef one(db: Session = Depends(get_db)):\n"
        "    exam = db.scalars(select(Exam).options(undefer(Exam.text))).one()\n    return exam.text\n",
        "@router.get('/')\nasync def one(db: Session = Depends(get_db)):\n"
        "    exam = (await db.scalars(select(Exam).options(undefer(Exam.text)))).one()\n    return exam.text\n",
    ),
    (
        "@router.get('/')\ndef one(db: Session = Depends(get_db)):\n    exam = db.get(Exam, 1)\n    exam.text = 'x'\n"
        "    db.commit()\n    return exam.text\n",
        "@router.get('/')\nasync def one(db: Session = Depends(get_db)):\n    exam = await db.get(Exam, 1)\n"
        "    exam.text = 'x'\n    await db.commit()\n    return exam.text\n",
    ),
    # A computed column: read before a flush it is there.
    (
        "@router.get('/')\ndef one(db: Session = Depends(get_db)):\n    exam = db.get(Exam, 1)\n    return exam.links\n",
        "@router.get('/')\nasync def one(db: Session = Depends(get_db)):\n    exam = await db.get(Exam, 1)\n"
        "    return exam.links\n",
    ),
    (
        "@router.get('/')\ndef one(db: Session = Depends(get_db)):\n    exam = db.get(Exam, 1)\n    exam.title = 'x'\n"
        "    db.commit()\n    return exam.links\n",
        "@router.get('/')\nasync def one(db: Session = Depends(get_db)):\n    exam = await db.get(Exam, 1)\n"
        "    exam.title = 'x'\n    await db.commit()\n    return await db.run_sync(lambda _: exam.links)\n",
    ),
]


@pytest.mark.parametrize(("before", "after"), SAMPLES)
def test_sample(before: str, after: str) -> None:
    assert routes(before) == after


def test_a_listener_keeps_computed_columns_loaded() -> None:
    change = next(before for before, _ in SAMPLES if "def renamed" in before)
    assert "greenlet_spawn(ExamOut" in routes(change)
    assert "greenlet_spawn" not in routes("def load_what_a_flush_expires(session, context): ...\n" + change)


def test_it_is_listed_with_what_is_read() -> None:
    found = flip(SAMPLES[0][0]).left
    assert [(one.kind, one.place.file) for one in found if "answer" in one.reason] == [("bridged", "routes.py")]
    assert "`level`" in found[-1].reason


def test_a_list_of_pydantic_1_is_listed() -> None:
    code = SAMPLES[0][0].replace("response_model=UserOut", "response_model=list[OldOut]")
    code = code.replace("return user", "return [user]")
    result = flip(code)
    assert "    return [user]\n" in result.texts["routes.py"]
    assert any(one.kind == "barrier" and "level" in one.reason for one in result.left)


def test_without_bridges_it_is_left_and_listed() -> None:
    result = flip(SAMPLES[0][0], Options(bridge="none"))
    assert "    return user\n" in result.texts["routes.py"]
    assert any(one.kind == "barrier" and "level" in one.reason for one in result.left)
