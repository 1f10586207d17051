"""An application that serves requests beside a desktop program: the one turns async, the other stays as it is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from greenshift.shift.rewrite.stages import StageResult, run_stages

MODELS = """\
from sqlalchemy import create_engine, inspect
from sqlalchemy.orm import Session, declarative_base, sessionmaker
from sqlalchemy import Column, Integer, String

engine = create_engine("sqlite:///desktop.db")
SessionLocal = sessionmaker(bind=engine)
Base = declarative_base()


class Note(Base):
    __tablename__ = "notes"
    id = Column(Integer, primary_key=True)
    text = Column(String)


def tables():
    return inspect(engine).get_table_names()


def count_notes(session: Session) -> int:
    return session.query(Note).count()


def count_own() -> int:
    session = SessionLocal()
    try:
        return count_notes(session)
    finally:
        session.close()
"""
WINDOW = """\
import tkinter

from desktop.models import Note, SessionLocal, count_own


class Window:
    def save(self, text: str) -> int:
        with SessionLocal() as session:
            session.add(Note(text=text))
            session.commit()
        return count_own()
"""
SERVER = """\
from fastapi import Depends, FastAPI
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

from desktop.models import Base, Note, count_notes, count_own

engine = create_engine("sqlite:///server.db")
Sessions = sessionmaker(bind=engine)
Base.metadata.create_all(engine)
app = FastAPI()


def get_db():
    db = Sessions()
    try:
        yield db
    finally:
        db.close()


def add_note(db: Session, text: str) -> int:
    db.add(Note(text=text))
    db.commit()
    return count_notes(db)


@app.post("/notes/{text}")
def add(text: str, db: Session = Depends(get_db)):
    return {"notes": add_note(db, text), "desktop": count_own()}
"""
TEST = """\
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import StaticPool

from desktop import models
from desktop.models import Base, Note, count_notes, count_own
from desktop.window import Window
from server import main


@pytest.fixture
def session(monkeypatch):
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    Base.metadata.create_all(engine)
    Made = sessionmaker(bind=engine)
    monkeypatch.setattr(models, "SessionLocal", Made)
    monkeypatch.setattr("desktop.window.SessionLocal", Made)
    monkeypatch.setattr(main, "Sessions", Made)
    with Made() as session:
        yield session


def test_the_window(session: Session):
    assert Window().save("one") == 1
    assert session.query(Note).count() == 1


def test_the_server(session: Session):
    client = TestClient(main.app)
    assert client.post("/notes/two").json() == {"notes": 1, "desktop": 1}
    assert count_notes(session) == 1


def test_an_overridden_session(session: Session):
    main.app.dependency_overrides[main.get_db] = lambda: session
    assert TestClient(main.app).post("/notes/three").json()["notes"] == 1
    main.app.dependency_overrides.clear()


def test_a_session_that_is_handed_in(session: Session):
    session.add(Note(text="four"))
    session.commit()
    assert main.add_note(session, "five") == 2
"""
TEXTS = {
    "desktop/__init__.py": "",
    "desktop/models.py": MODELS,
    "desktop/window.py": WINDOW,
    "server/__init__.py": "",
    "server/main.py": SERVER,
    "test_notes.py": TEST,
}
VIEW = "AsyncSession(sync_session_class=lambda **_: "


@pytest.fixture(scope="module")
def flip() -> StageResult:
    return run_stages(TEXTS)[-1]


@pytest.fixture
def shifted(flip: StageResult) -> dict[str, str]:
    return flip.texts


def test_what_stays_is_listed(flip: StageResult) -> None:
    assert [(one.place.file, one.kind) for one in flip.left] == [
        ("desktop/models.py", "out of reach"),
        ("server/main.py", "bridged"),
        ("server/main.py", "blocking"),
        ("test_notes.py", "test client"),
        ("test_notes.py", "test client"),
    ]


def test_the_desktop_program_stays_as_it_is(shifted: dict[str, str]) -> None:
    assert shifted["desktop/models.py"] == MODELS
    assert shifted["desktop/window.py"] == WINDOW


def test_the_server_becomes_async_and_bridges_what_it_shares(shifted: dict[str, str]) -> None:
    server = shifted["server/main.py"]
    assert "create_async_engine" in server
    assert "return await db.run_sync(lambda _: count_notes(db.sync_session))" in server
    assert '"notes": await add_note(db, text), "desktop": count_own()' in server


def test_what_a_shared_function_opens_itself_needs_no_bridge_and_makes_nothing_async() -> None:
    server = SERVER.replace('add_note(db, text), "desktop"', '1, "desktop"').replace(
        ", db: Session = Depends(get_db)", ""
    )
    assert "\ndef add(text: str):" in run_stages({**TEXTS, "server/main.py": server})[-1].texts["server/main.py"]


def test_the_tests_keep_their_sessions_and_hand_a_view_of_them_on(shifted: dict[str, str]) -> None:
    test = shifted["test_notes.py"]
    assert 'setattr(models, "SessionLocal", Made)' in test
    assert f'setattr(main, "Sessions", lambda: {VIEW}Made()))' in test
    assert f"lambda: {VIEW}session)" in test
    assert f'assert await main.add_note({VIEW}session), "five") == 2' in test
    assert "client = TestClient(main.app)" in test
    assert "async def test_the_window" not in test


def test_a_second_run_changes_nothing(shifted: dict[str, str]) -> None:
    assert run_stages(shifted)[-1].texts == shifted


@pytest.mark.parametrize("texts", ["before", "after"])
def test_the_tests_pass(texts: str, shifted: dict[str, str], tmp_path: Path) -> None:
    for file, text in (TEXTS if texts == "before" else shifted).items():
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(text)
    (tmp_path / "tkinter.py").write_text("")
    options = ["-o", "asyncio_mode=auto", "-p", "no:randomly", "-q", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", *options, "test_notes.py"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert "4 passed" in run.stdout, run.stdout + run.stderr
