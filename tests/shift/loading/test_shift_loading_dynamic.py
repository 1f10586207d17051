"""Dynamic relationships: the expression that sends the query runs inside the bridge."""

from __future__ import annotations

import pytest

from greenshift.shift.rewrite.context import Left
from greenshift.shift.rewrite.flip.awaiting import fix_awaiting
from greenshift.shift.rewrite.flip.bridging import fix_bridges
from greenshift.shift.rewrite.prepare.loading import load_before_reading
from greenshift.shift.rewrite.stages import run_stage

HEAD = """\
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, DynamicMapped, Mapped, Session, mapped_column, relationship
class Base(DeclarativeBase): ...
class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    logs: DynamicMapped["Log"] = relationship()
class Log(Base):
    __tablename__ = "logs"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
def show(db: Session, user: User):
"""


def flipped(body: str) -> str:
    texts = {"app.py": HEAD + body}
    return run_stage("flip", texts, fixers=[fix_awaiting, fix_bridges]).texts["app.py"].partition("user: User):\n")[2]


def listed(body: str) -> list[Left]:
    return run_stage("prepare", {"app.py": HEAD + body}, fixers=[load_before_reading]).left


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("return user.logs.all()", "return await db.run_sync(lambda _: user.logs.all())"),
        (
            "return len(user.logs.order_by(Log.id.desc()).limit(3).all())",
            "return len(await db.run_sync(lambda _: user.logs.order_by(Log.id.desc()).limit(3).all()))",
        ),
        ("return user.logs.count() + 1", "return await db.run_sync(lambda _: user.logs.count()) + 1"),
        ("return user.logs[0]", "return await db.run_sync(lambda _: user.logs[0])"),
        ("return list(user.logs.filter())", "return await db.run_sync(lambda _: list(user.logs.filter()))"),
        (
            "for log in user.logs.limit(3):\n        print(log)",
            "for log in await db.run_sync(lambda _: list(user.logs.limit(3))):\n        print(log)",
        ),
        # Appending sends nothing.
        ("user.logs.append(Log())", "user.logs.append(Log())"),
    ],
)
def test_sample(before: str, after: str) -> None:
    assert flipped(f"    {before}\n") == f"    {after}\n"


def test_only_what_is_sent_elsewhere_is_listed() -> None:
    assert listed("    return user.logs.all()\n") == []
    (left,) = listed("    query = user.logs\n    return query\n")
    assert "dynamic" in left.reason
