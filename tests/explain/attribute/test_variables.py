"""The user's variables are looked at without running code of theirs."""

from __future__ import annotations

from typing import Any, NoReturn

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from greenshift.explain import Frame
from greenshift.explain.attribute.read import AttributeRead
from greenshift.explain.attribute.variables import instance_name, is_session_of, refresh_before, session_name


class Base(DeclarativeBase):
    pass


class Note(Base):
    __tablename__ = "note"
    id: Mapped[int] = mapped_column(primary_key=True)


class Prickly:
    """Everything that looks at it fails."""

    @property
    def __dict__(self) -> NoReturn:  # type: ignore[override]
        raise RuntimeError("working outside of request context")

    def __eq__(self, other: object) -> NoReturn:
        raise RuntimeError("no comparing")

    def __bool__(self) -> NoReturn:
        raise RuntimeError("no truth")

    __hash__ = None  # type: ignore[assignment]


class Service:
    def __init__(self, session: AsyncSession) -> None:
        self.other = Prickly()
        self.db = session


def frame(**variables: Any) -> Frame:
    return Frame("/app/service.py", 3, "go", "return note.id", user=True, locals=variables)


def read(*frames: Frame) -> tuple[AttributeRead, Note, AsyncSession]:
    session, note = AsyncSession(), Note(id=1)
    session.add(note)
    return AttributeRead("expired attribute", "Note", "id", None, note, frames), note, session


def test_the_object_and_its_session_are_found_among_anything() -> None:
    found, note, session = read()
    here = frame(first=Prickly(), other=AsyncSession(), db=session, note=note)
    assert instance_name(here, note) == "note"
    assert session_name(here, found) == "db"
    assert is_session_of(here, "db", found) is True
    assert is_session_of(here, "other", found) is False
    assert is_session_of(here, "first", found) is False


def test_the_session_of_self_is_found() -> None:
    found, note, session = read()
    here = frame(self=Service(session), note=note)
    assert session_name(here, found) == "self.db"
    assert is_session_of(here, "self.db", found) is True
    assert is_session_of(here, "self.other.session", found) is False


def test_a_prickly_self_has_no_session() -> None:
    found, note, _ = read()
    assert session_name(frame(self=Prickly(), note=note), found) is None


def test_a_name_for_the_object_is_better_than_self() -> None:
    _, note, _ = read()
    assert instance_name(frame(self=note), note) == "self"
    assert instance_name(frame(self=note, one=note), note) == "one"


def test_without_variables_the_text_is_general() -> None:
    found, _, _ = read()
    assert refresh_before(found, ["id"]) == ('await session.refresh(note, ["id"])', None)
