"""A rollback of the application expires what the tests hold of the session that both use."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_shift_tests_real_runs import run

from greenshift.shift.rewrite.stages import run_stages

DATABASE = """\
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker
from sqlalchemy.pool import StaticPool


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
SessionLocal = sessionmaker(bind=engine)


class Holder:
    def __init__(self) -> None:
        self._session: Session | None = None

    @property
    def session(self) -> Session:
        if self._session is None:
            self._session = SessionLocal()
        return self._session


holder = Holder()
"""
APP = """\
from fastapi import FastAPI, HTTPException
from database import Item, holder

app = FastAPI()


@app.get("/items/{key}")
def show(key: int):
    item = holder.session.get(Item, key)
    if item is None:
        {undo}
        raise HTTPException(404)
    return item.name
"""
CONFTEST = """\
import pytest
from fastapi.testclient import TestClient
from app import app
from database import Base, Holder, Item, engine, holder


@pytest.fixture
def db() -> Holder:
    Base.metadata.create_all(bind=engine)
    yield holder
    holder.session.rollback()
    Base.metadata.drop_all(bind=engine)


@pytest.fixture
def client(db: Holder):
    with TestClient(app) as one:
        yield one
"""
TESTS = """\
from database import Item


def test_show(client, db):
    item = Item(name="a")
    db.session.add(item)
    db.session.commit()
    assert client.get("/items/77").status_code == 404
    assert client.get(f"/items/{item.id}").json() == item.name
"""


def shifted(undo: str = "holder.session.rollback()") -> tuple[dict[str, str], dict[str, str]]:
    """Return an application's texts before and after."""
    texts = {
        "database.py": DATABASE,
        "app.py": APP.replace("{undo}", undo),
        "tests/conftest.py": CONFTEST,
        "tests/test_items.py": TESTS,
    }
    return texts, run_stages(texts)[-1].texts


def test_the_client_loads_again_what_the_tests_read(tmp_path: Path) -> None:
    before, after = shifted()
    assert 'event_hooks={"response": [lambda _: load_again(db.session)]}' in after["tests/conftest.py"]
    for name, texts in (("before", before), ("after", after)):
        passed, output = run(tmp_path / name, texts, "")
        assert passed == 1, output


def test_relationships_that_the_tests_loaded_are_loaded_anew(tmp_path: Path) -> None:
    before, _ = shifted("pass")
    before["database.py"] = (
        before["database.py"]
        .replace("import create_engine", "import ForeignKey, create_engine")
        .replace("mapped_column, sessionmaker", "mapped_column, relationship, selectinload, sessionmaker")
        .replace(
            "\n\nengine =",
            """    tags: Mapped[list["Tag"]] = relationship()


class Tag(Base):
    __tablename__ = "tags"
    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"))


engine =""",
        )
    )
    before["app.py"] = """\
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import selectinload
from database import Item, holder

app = FastAPI()


@app.get("/items/{key}")
def show(key: int):
    statement = select(Item).where(Item.id == key).options(selectinload(Item.tags))
    return len(holder.session.scalars(statement).one().tags)
"""
    before["tests/test_items.py"] = """\
from sqlalchemy import select
from sqlalchemy.orm import selectinload
from database import Item, Tag


def test_show(client, db):
    db.session.add(Item(id=1, name="a"))
    db.session.commit()
    item = db.session.scalars(select(Item).options(selectinload(Item.tags))).one()
    assert item.tags == []
    db.session.add(Tag(item_id=1))
    db.session.commit()
    assert client.get("/items/1").json() == 1
"""
    after = run_stages(before)[-1].texts
    hooks = '"request": [lambda _: forget_related(db.session)], "response": [lambda _: forget_related(db.session)]'
    assert f"event_hooks={{{hooks}}}" in after["tests/conftest.py"]
    for name, texts in (("before", before), ("after", after)):
        passed, output = run(tmp_path / name, texts, "")
        assert passed == 1, output


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        # Nothing is ever rolled back; each has a session of its own.
        ("app.py", "holder.session.rollback()", "pass"),
        ("tests/conftest.py", "yield holder", "yield None"),
    ],
)
def test_no_reason_to_load(file: str, old: str, new: str) -> None:
    before, _ = shifted()
    texts = {**before, file: before[file].replace(old, new)}
    if file != "app.py":
        texts = {
            name: text.replace("db.session", "SessionLocal()").replace("db: Holder", "db")
            for name, text in texts.items()
        }
    assert "load_again" not in run_stages(texts)[-1].texts["tests/conftest.py"]
