"""Statements that change rows past the session leave no stale instances behind."""

from __future__ import annotations

from typing import Any

import pytest

from greenshift.shift.rewrite.prepare.bulk_changes import keep_instances_current
from greenshift.shift.rewrite.stages import run_stage

HEAD = (
    "from sqlalchemy import create_engine, delete, update\nfrom sqlalchemy.dialects.sqlite import insert\n"
    "from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column\n"
    "class Base(DeclarativeBase): ...\n"
    "class Item(Base):\n    __tablename__ = 'items'\n    id: Mapped[int] = mapped_column(primary_key=True)\n"
    "    name: Mapped[str]\n"
    "engine = create_engine('sqlite://')\nBase.metadata.create_all(engine)\n"
)
SAMPLES = [
    (
        "query = update(Item).values(name='b').execution_options(synchronize_session=False)\n    db.execute(query)",
        "query = update(Item).values(name='b').execution_options(synchronize_session=\"auto\")\n    db.execute(query)",
    ),
    (
        "db.scalars(insert(Item).values(id=1, name='b').on_conflict_do_update(index_elements=[Item.id], "
        "set_={'name': 'b'}).returning(Item)).one()",
        "db.scalars(insert(Item).values(id=1, name='b').on_conflict_do_update(index_elements=[Item.id], "
        "set_={'name': 'b'}).returning(Item).execution_options(populate_existing=True)).one()",
    ),
]
OTHERS = [
    "query = delete(Item).execution_options(synchronize_session=False)\n    db.execute(query)",
    "db.execute(update(Item).values(name='b').execution_options(synchronize_session='fetch'))",
    "db.scalars(insert(Item).values(id=2, name='b').returning(Item)).one()",
    "db.scalars(insert(Item).values(id=1, name='b').on_conflict_do_nothing().returning(Item.id)).all()",
]


def prepared(line: str) -> str:
    text = f"{HEAD}def change(db: Session):\n    {line}\n"
    result = run_stage("prepare", {"app.py": text}, fixers=[keep_instances_current])
    return result.texts["app.py"]


@pytest.mark.parametrize(("before", "after"), SAMPLES)
def test_an_instance_is_current_without_being_expired(before: str, after: str) -> None:
    text = prepared(before)
    assert text == f"{HEAD}def change(db: Session):\n    {after}\n"
    names: dict[str, Any] = {"__name__": "app"}
    exec(compile(text, "app.py", "exec", dont_inherit=True), names)
    with names["Session"](names["engine"], expire_on_commit=False) as db:
        item = names["Item"](id=1, name="a")
        db.add(item)
        db.commit()
        names["change"](db)
        db.commit()
        assert item.name == "b"


@pytest.mark.parametrize("line", OTHERS)
def test_others_stay(line: str) -> None:
    assert prepared(line) == f"{HEAD}def change(db: Session):\n    {line}\n"
