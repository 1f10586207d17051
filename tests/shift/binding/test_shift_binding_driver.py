"""Which driver takes what the code gives to columns."""

from __future__ import annotations

from pathlib import Path

import pytest

from greenshift.shift.api import plan_shift
from greenshift.shift.binding import driver_for
from greenshift.shift.kinds import infer
from greenshift.shift.project import project_of
from greenshift.shift.rewrite.options import Options
from greenshift.shift.rewrite.stages import run_stage

MODELS = """from datetime import date, datetime, timezone
from sqlalchemy import Column, Date, DateTime, Float, ForeignKey, Integer, String, create_engine, select, update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker
engine = create_engine("postgresql:///shop")
Maker = sessionmaker(engine)
class Base(DeclarativeBase):
    pass
class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    name = Column(String(20))
    price = Column(Float)
    owner_id = Column(Integer, ForeignKey("owners.id"))
    sold_on = Column(Date)
    made_at = Column(DateTime)
    seen_at = Column(DateTime(timezone=True))
"""
REFUSED = {
    "a key from a path": "def f(db: Session, key: str):\n    return db.get(Item, key)\n",
    "a key through a function whose annotation says otherwise": (
        "def load(db: Session, key: int):\n    return db.get(Item, key)\ndef f(db: Session, key: str):\n"
        "    return load(db, key)\n"
    ),
    "a comparison": (
        "def f(db: Session, owner: str):\n    return db.scalars(select(Item).where(Item.owner_id == owner))\n"
    ),
    "a query's filter": "def f(db: Session, owner: str):\n    return db.query(Item).filter_by(owner_id=owner).all()\n",
    "a constructor": "def f(db: Session):\n    db.add(Item(made_at=datetime.now(timezone.utc)))\n",
    "an attribute": (
        "def f(db: Session):\n    item = db.get(Item, 1)\n    item.made_at = datetime.now(tz=timezone.utc)\n"
    ),
    "a statement's values": (
        "def f(db: Session, day: date):\n    db.execute(update(Item).values(sold_on=day.isoformat()))\n"
    ),
    "a number where text is": "def f(db: Session, number: int):\n    db.add(Item(name=number))\n",
    "a local variable": (
        "def now():\n    return datetime.now(timezone.utc)\n"
        "def f(db: Session):\n    limit = now()\n    return db.scalars(select(Item).where(Item.made_at < limit))\n"
    ),
    "a default": (
        "class Log(Base):\n    __tablename__ = 'logs'\n    id: Mapped[int] = mapped_column(primary_key=True)\n"
        "    at: Mapped[datetime] = mapped_column(default=lambda: datetime.now(timezone.utc))\n"
    ),
}
TAKEN = {
    "right types": (
        "def f(db: Session, key: int, name: str):\n"
        "    db.add(Item(id=key, name=name, made_at=datetime.utcnow(), seen_at=datetime.now(timezone.utc)))\n"
    ),
    "what is converted on the way": (
        "def f(db: Session, key: str):\n    key = int(key)\n    return db.get(Item, key)\n"
        "def g(db: Session, key: str):\n    return db.get(Item, int(key))\n"
    ),
    "a zone taken away": (
        "def f(db: Session):\n    db.add(Item(made_at=datetime.now(timezone.utc).replace(tzinfo=None)))\n"
    ),
    "a class that is not mapped": (
        "class Event:\n    made_at: datetime\ndef f(event: Event):\n    event.made_at = datetime.now(timezone.utc)\n"
    ),
    "datetimes that the base maps with a zone": (
        "class Aware(DeclarativeBase):\n    type_annotation_map = {datetime: DateTime(timezone=True)}\n"
        "class Log(Aware):\n    __tablename__ = 'logs'\n    id: Mapped[int] = mapped_column(primary_key=True)\n"
        "    at: Mapped[datetime] = mapped_column(default=lambda: datetime.now(timezone.utc))\n"
    ),
    "two types of which one is not known": ("def f(db: Session, key: str | int):\n    return db.get(Item, key)\n"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_asyncpg_refuses_makes_it_psycopg(name: str) -> None:
    driver = driver_for(infer(project_of({"app.py": MODELS + REFUSED[name]})))
    assert (driver.name, len(driver.because)) == ("psycopg", 1)


@pytest.mark.parametrize("name", TAKEN)
def test_what_asyncpg_takes_leaves_it_asyncpg(name: str) -> None:
    driver = driver_for(infer(project_of({"app.py": MODELS + TAKEN[name]})))
    assert (driver.name, driver.because) == ("asyncpg", [])


def test_a_program_on_psycopg_3_stays_on_it() -> None:
    text = MODELS.replace("postgresql:", "postgresql+psycopg:")
    assert driver_for(infer(project_of({"app.py": text}))).name == "psycopg"


def test_the_user_may_choose_asyncpg_and_is_told_the_places() -> None:
    text = MODELS + REFUSED["a key from a path"]
    result = run_stage("flip", {"app.py": text}, Options(postgres_driver="asyncpg"))
    assert "postgresql+asyncpg:///shop" in result.texts["app.py"]
    assert [(one.place.line, one.kind, one.reason) for one in result.left] == [
        (18, "bound type", "a str is given to Item.id, an int, which asyncpg refuses")
    ]


def test_the_project_files_follow_the_driver(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(MODELS + REFUSED["a constructor"])
    (tmp_path / "requirements.txt").write_text("sqlalchemy>=2\npsycopg2-binary\n")
    plan = plan_shift(tmp_path)
    after = {one.path: (one.new or b"").decode() for one in plan.changes.changes}
    assert "postgresql+psycopg:///shop" in after["app.py"]
    assert "psycopg[binary]>=3.1" in after["requirements.txt"]
    assert "asyncpg" not in after["requirements.txt"]
    assert [str(one) for one in plan.notes if "asyncpg" in one.text] == [
        "app.py:18: the driver is psycopg: an aware datetime is given to Item.made_at, a naive datetime, "
        "and asyncpg refuses it; --driver asyncpg chooses that all the same"
    ]
