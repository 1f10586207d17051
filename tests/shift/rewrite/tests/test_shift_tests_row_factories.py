"""factory_boy's factories run inside ``run_sync``, on the sync session inside of the tests' async session."""

from __future__ import annotations

import pytest

from greenshift.shift.rewrite.flip.awaiting import fix_awaiting
from greenshift.shift.rewrite.flip.bridging import fix_bridges
from greenshift.shift.rewrite.stages import StageResult, run_stage
from greenshift.shift.rewrite.tests.row_factories import convert_row_factories

DATABASE = """\
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, scoped_session, sessionmaker
class Base(DeclarativeBase): ...
class Tag(Base):
    __tablename__ = "tags"
    id: Mapped[int] = mapped_column(primary_key=True)
engine = create_engine("postgresql:///x")
SessionLocal = sessionmaker(engine)
Registry = scoped_session(SessionLocal)
"""
FACTORIES = """\
import factory
from factory.alchemy import SQLAlchemyModelFactory
from database import Registry, SessionLocal, Tag
class BaseFactory(SQLAlchemyModelFactory):
    class Meta:
        {meta}
class TagFactory(BaseFactory):
    class Meta:
        model = Tag
    name = factory.Sequence(lambda n: f"tag{{n}}")
    {hook}
"""
PLAIN = "sqlalchemy_session = Registry"


def flip(test: str, meta: str = PLAIN, hook: str = "name = 1") -> StageResult:
    texts = {"database.py": DATABASE, "factories.py": FACTORIES.format(meta=meta, hook=hook), "test_it.py": test}
    return run_stage("flip", texts, fixers=[fix_awaiting, fix_bridges, convert_row_factories])


def flipped_test(test: str, **more: str) -> str:
    head = "import pytest\nfrom database import Registry, SessionLocal, Tag\nfrom factories import TagFactory\n"
    return flip(head + test, **more).texts["test_it.py"].replace(head, "")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (PLAIN, "sqlalchemy_session_factory = lambda: Registry().sync_session"),
        ("sqlalchemy_session_factory = Registry", "sqlalchemy_session_factory = lambda: Registry().sync_session"),
        (
            "sqlalchemy_session_factory = lambda: SessionLocal()",
            "sqlalchemy_session_factory = lambda: SessionLocal().sync_session",
        ),
        ("sqlalchemy_session = SessionLocal()", "sqlalchemy_session = SessionLocal().sync_session"),
        ("sqlalchemy_session = None", "sqlalchemy_session = None"),
    ],
)
def test_a_factory_gets_the_sync_session_inside(before: str, after: str) -> None:
    result = flip("", before)
    assert f"        {after}\n" in result.texts["factories.py"]
    assert [left.kind for left in result.left] == (["factory"] if before != after else [])


def test_a_row_is_made_inside_of_a_bridge() -> None:
    assert flipped_test("def test_it():\n    tag = TagFactory(name='x')\n    assert tag.name\n") == (
        "from sqlalchemy.util import greenlet_spawn\n\n\nasync def test_it():\n"
        "    tag = await greenlet_spawn(lambda: TagFactory(name='x'))\n    assert tag.name\n"
    ).replace("\n\n\nasync", "\nasync")


def test_the_session_at_hand_runs_it() -> None:
    text = flipped_test(
        "def test_it():\n    db = SessionLocal()\n    db.commit()\n    tags = [TagFactory.create() for _ in range(3)]\n"
    )
    assert "tags = [await db.run_sync(lambda _: TagFactory.create()) for _ in range(3)]" in text


def test_a_scoped_session_gives_the_session_that_runs_it() -> None:
    text = flipped_test("def test_it():\n    Registry.commit()\n    TagFactory()\n")
    assert "    await Registry().run_sync(lambda _: TagFactory())\n" in text


def test_what_is_only_built_needs_no_session() -> None:
    test = "def test_it():\n    assert TagFactory.build()\n"
    assert flipped_test(test) == test


def test_hooks_stay_sync() -> None:
    hook = "@factory.post_generation\n    def more(self, create, names, **kwargs):\n        "
    hook += "[TagFactory() for name in names]\n        Registry.commit()"
    text = flip("", hook=hook).texts["factories.py"]
    assert "        [TagFactory() for name in names]\n        Registry().sync_session.commit()\n" in text
    assert "async" not in text


def test_a_session_that_a_fixture_sets() -> None:
    fixture = "@pytest.fixture\ndef db():\n    with SessionLocal() as session:\n"
    fixture += "        TagFactory._meta.sqlalchemy_session = session\n        yield session\n"
    text = flipped_test(fixture + "def test_it(db):\n    TagFactory()\n", meta="abstract = True")
    assert "TagFactory._meta.sqlalchemy_session = session.sync_session\n" in text
    assert "TagFactory())" in text


@pytest.mark.parametrize(
    "meta", [PLAIN, "sqlalchemy_session = SessionLocal()", "sqlalchemy_session_factory = Registry"]
)
def test_a_second_run_changes_nothing(meta: str) -> None:
    test = "from database import Registry\nfrom factories import TagFactory\ndef test_it():\n    TagFactory()\n"
    once = flip(test, meta)
    texts = {**once.texts, "database.py": DATABASE.replace("sqlalchemy.orm import Decl", "sqlalchemy.orm import Decl")}
    again = run_stage("flip", texts, fixers=[fix_awaiting, fix_bridges, convert_row_factories])
    assert again.texts["factories.py"] == once.texts["factories.py"]
    assert again.texts["test_it.py"] == once.texts["test_it.py"]


HANDED_ON = """\
from functools import partial
@pytest.fixture
def add_tag():
    return partial(TagFactory.create, name="x")
def test_it(add_tag):
    add_tag(id=1)
"""


def test_a_method_that_is_handed_on_runs_inside_as_well() -> None:
    text = flipped_test(HANDED_ON)
    assert 'def add_tag():\n    return partial(TagFactory.create, name="x")\n' in text
    assert "async def test_it(add_tag):\n    await greenlet_spawn(lambda: add_tag(id=1))\n" in text


def test_a_proxy_is_asked_for_its_session_at_every_use() -> None:
    proxy = "class Local:\n    def __getattr__(self, name):\n        return getattr(SessionLocal(), name)\n"
    test = (
        proxy
        + "current = Local()\ndef test_it():\n    TagFactory._meta.sqlalchemy_session = current\n    TagFactory()\n"
    )
    inside = "lambda: current.sync_session"
    text = flipped_test(test, meta="sqlalchemy_session = None")
    assert f"    TagFactory._meta.sqlalchemy_session = scoped_session({inside}, {inside})\n" in text
