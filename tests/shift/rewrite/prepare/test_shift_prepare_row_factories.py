"""What is read later of a factory's rows, the factory itself reads."""

from __future__ import annotations

from greenshift.shift.rewrite.prepare.loading import load_before_reading
from greenshift.shift.rewrite.stages import run_stage

DATABASE = """\
from sqlalchemy import ForeignKey, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, scoped_session, sessionmaker
class Base(DeclarativeBase): ...
class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    items: Mapped[list[Item]] = relationship()
engine = create_engine("postgresql:///x")
Registry = scoped_session(sessionmaker(engine))
"""
FACTORIES = """\
import factory
from factory.alchemy import SQLAlchemyModelFactory
from database import Registry, User
class UserFactory(SQLAlchemyModelFactory):
    class Meta:
        model = User
        sqlalchemy_session = Registry
        sqlalchemy_session_persistence = "{persistence}"
"""
TEST = """\
from factories import UserFactory
def test_it():
    user = UserFactory()
    assert user.{read} is not None
"""


def prepared(read: str, persistence: str = "commit") -> dict[str, str]:
    texts = {
        "database.py": DATABASE,
        "factories.py": FACTORIES.format(persistence=persistence),
        "test_it.py": TEST.format(read=read),
    }
    return run_stage("prepare", texts, fixers=[load_before_reading]).texts


def test_relationships_that_a_test_reads() -> None:
    texts = prepared("items")
    assert texts["factories.py"].endswith(
        "    @factory.post_generation\n"
        "    def load_relationships(self, create, extracted, **kwargs):\n"
        '        """Read what cannot be loaded when it is read in async code."""\n'
        "        if create:\n"
        '            for name in ("items",):\n'
        "                getattr(self, name)\n"
        "            object_session(self).commit()\n"
    )
    assert texts["test_it.py"] == TEST.format(read="items")


def test_a_row_that_is_only_flushed_is_not_committed() -> None:
    text = prepared("items", "flush")["factories.py"]
    assert "getattr(self, name)" in text
    assert "commit()" not in text


def test_columns_need_nothing() -> None:
    assert "load_relationships" not in prepared("id")["factories.py"]


def test_a_plain_factory_constructs() -> None:
    plain = FACTORIES.replace("(SQLAlchemyModelFactory)", "(factory.Factory[User])").split(
        "        sqlalchemy_session"
    )[0]
    test = """\
from database import Registry
from factories import UserFactory
def test_it():
    session = Registry()
    user = UserFactory.create()
    session.add(user)
    session.commit()
    assert user.items == []
"""
    texts = {"database.py": DATABASE, "factories.py": plain, "test_it.py": test}
    result = run_stage("prepare", texts, fixers=[load_before_reading])
    assert '    session.commit()\n    session.refresh(user, ["items"])\n' in result.texts["test_it.py"]
    assert result.left == []
