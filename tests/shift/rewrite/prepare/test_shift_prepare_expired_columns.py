"""Columns that an UPDATE or a flush expires are loaded before anybody reads them."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from greenshift.shift.rewrite.prepare.expired_columns import load_expired_columns
from greenshift.shift.rewrite.stages import run_stage, run_stages

APPLICATION = """\
from datetime import datetime

from sqlalchemy import create_engine, func, update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, column_property, mapped_column, sessionmaker
from sqlalchemy.pool import StaticPool


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    stock: Mapped[int] = mapped_column(default=1)
    changed: Mapped[datetime] = mapped_column(default=func.now(){onupdate})
{column}

engine = create_engine("sqlite://", poolclass=StaticPool)
SessionLocal = sessionmaker(bind=engine)


def rename(session: Session) -> int:
    {change}
    session.commit()
    return 1


def show(item) -> str:
    return f"{{item.name}} {{item.stock}} {{item.changed is None}} {{getattr(item, 'length', 0)}}"


def main() -> None:
    Base.metadata.create_all(bind=engine)
    with SessionLocal() as session:
        item = Item(name="a")
        session.add(item)
        session.commit()
        rename(session)
        print(*map(show, [item]))


if __name__ == "__main__":
    main()
"""
BULK = 'session.execute(update(Item).values(name="b"))'
COMPUTED = "session.execute(update(Item).values({Item.stock: func.abs(Item.stock + 1)}))"
ASSIGNED = "session.get(Item, 1).changed = func.now()"
LENGTH = "\n\nItem.length = column_property(func.length(Item.name))\n"
STAMPED = ", onupdate=func.now()"


def application(change: str, onupdate: str = "", column: str = "") -> dict[str, str]:
    """Return an application whose reader of an instance knows nothing of who changed it."""
    return {"app.py": APPLICATION.format(change=change, onupdate=onupdate, column=column)}


def listeners(change: str, onupdate: str = "", column: str = "") -> list[str]:
    """Return the events that are listened to; a second run changes nothing."""
    result = run_stage("prepare", application(change, onupdate, column), fixers=[load_expired_columns])
    assert run_stage("prepare", result.texts, fixers=[load_expired_columns]).changed == []
    text = result.texts["app.py"]
    return [event for event in ("do_orm_execute", "after_flush_postexec") if event in text]


@pytest.mark.parametrize(
    ("change", "onupdate", "expected"),
    [
        (BULK, STAMPED, ["do_orm_execute"]),
        (COMPUTED, "", ["do_orm_execute"]),
        (ASSIGNED, "", ["after_flush_postexec"]),
        # Nothing is computed by the database.
        (BULK, "", []),
        ('session.get(Item, 1).name = "b"', STAMPED, []),
    ],
)
def test_what_is_listened_to(change: str, onupdate: str, expected: list[str]) -> None:
    assert listeners(change, onupdate) == expected


def test_a_flush_expires_what_the_database_computes_for_each_row() -> None:
    assert listeners("pass", column=LENGTH) == ["after_flush_postexec"]


@pytest.mark.parametrize(
    ("change", "onupdate", "column"),
    [(BULK, STAMPED, ""), (COMPUTED, "", ""), (ASSIGNED, "", ""), ("session.get(Item, 1).name = 'longer'", "", LENGTH)],
)
def test_the_result_runs(change: str, onupdate: str, column: str, tmp_path: Path) -> None:
    before = application(change, onupdate, column)
    shows = []
    for name, texts in (("before", before), ("after", run_stages(before)[-1].texts)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "app.py").write_text(texts["app.py"])
        done = subprocess.run(
            [sys.executable, "-W", "error", "app.py"], cwd=tmp_path / name, capture_output=True, text=True, check=False,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr + texts["app.py"]
        shows.append(done.stdout)
    assert "async def main" in run_stages(before)[-1].texts["app.py"]
    assert shows[0] == shows[1] != ""


def test_tests_factories_are_not_the_applications() -> None:
    texts = {"tests/test_items.py": textwrap.dedent(application(BULK, STAMPED)["app.py"])}
    assert run_stage("prepare", texts, fixers=[load_expired_columns]).changed == []
