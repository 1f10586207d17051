"""The session of an instance."""

from __future__ import annotations

import pytest

from greenshift.shift.rewrite.stages import run_stages

MODELS = """\
from sqlalchemy import create_engine, event
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, object_session, sessionmaker
engine = create_engine("postgresql:///x")
db = sessionmaker(engine)()
class Base(DeclarativeBase): ...
class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    def others(self):
        session = {given}(self)
        session.commit()
        return session.query(Item).all()
    @property
    def count(self):
        return {given}(self).query(Item).count()
def f(item: Item):
    return item.others(), item.count
"""


@pytest.mark.parametrize("given", ["object_session", "Session.object_session", "db.object_session"])
def test_async_code_gets_the_async_session_and_sync_code_the_sync_one(given: str) -> None:
    text = run_stages({"models.py": MODELS.format(given=given)})[-1].texts["models.py"]
    assert "    async def others(self):\n        session = async_object_session(self)\n" in text
    assert "await session.commit()\n        return (await session.scalars(select(Item))).all()\n" in text
    assert "    def count(self):\n" in text
    assert "async_object_session(self).execute" not in text
    assert "object_session(self).execute(" in text
    assert "return await item.others(), await greenlet_spawn(lambda: item.count)\n" in text
