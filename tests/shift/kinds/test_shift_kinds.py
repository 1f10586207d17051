# ruff: noqa: E501  (a sample is easier to read on one line)
"""What expressions are: sessions recognised by where they come from, through calls, attributes and fixtures."""

from __future__ import annotations

import ast
import textwrap

import pytest

from greenshift.shift.kinds import Kinds, infer
from greenshift.shift.kinds.values import (
    Coroutine,
    Engine,
    Instance,
    Query,
    Result,
    Session,
    SessionFactory,
    Statement,
    TestClientValue,
    Value,
)
from greenshift.shift.project import project_of

DATABASE = """
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, sessionmaker

class Base(DeclarativeBase): ...

class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    items: Mapped[list["Item"]] = relationship(back_populates="owner")

class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped["User"] = relationship(back_populates="items")

engine = create_engine("sqlite://")
SessionLocal = sessionmaker(bind=engine)

def get_db():
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()
"""


def kinds_of(**files: str) -> Kinds:
    texts = {f"{name.replace('__', '/')}.py": textwrap.dedent(text) for name, text in files.items()}
    return infer(project_of({"db.py": DATABASE, **texts}))


def marked(kinds: Kinds, file: str = "app.py") -> frozenset[Value]:
    """The values of the argument of `mark(...)`."""
    found: set[Value] = set()
    for call in kinds.calls(kinds.project.by_file[file]):
        if isinstance(call.func, ast.Name) and call.func.id == "mark":
            found |= kinds.values(call.args[0])
    return frozenset(found)


@pytest.mark.parametrize(
    "code",
    [
        "from sqlalchemy.orm import Session\ndef f(x: Session): mark(x)",
        "from sqlalchemy.orm import Session\ndef f(x: 'Session | None'): mark(x)",
        "from sqlalchemy import orm\ndef f(x: orm.Session): mark(x)",
        "from db import SessionLocal\nmark(SessionLocal())",
        "import db\nmark(db.SessionLocal())",
        "from db import SessionLocal\nwith SessionLocal() as x: mark(x)",
        "from db import SessionLocal\nwith SessionLocal.begin() as x: mark(x)",
        "from sqlalchemy.orm import Session\nfrom db import engine\nwith Session(engine) as x: mark(x)",
        "from fastapi import Depends\nfrom db import get_db\ndef route(x=Depends(get_db)): mark(x)",
        "from typing import Annotated\nfrom fastapi import Depends\nfrom db import get_db\n"
        "Database = Annotated[object, Depends(get_db)]\ndef route(x: Database): mark(x)",
        "from db import get_db\nx = next(get_db())\nmark(x)",
        "from db import get_db\nfor x in get_db(): mark(x)",
        "from db import SessionLocal\ndef f(x): mark(x)\ndef g(): f(SessionLocal())",
        "from db import SessionLocal\ndef f(*, x): mark(x)\ndef g(): f(x=SessionLocal())",
        "from db import SessionLocal\ndef make(): return SessionLocal()\ndef g(): mark(make())",
        "from db import SessionLocal\nclass S:\n def __init__(self, x): self.x = x\n def f(self): mark(self.x)\n"
        "S(SessionLocal())",
        "from db import SessionLocal\nclass B:\n def __init__(self, x): self.x = x\n"
        "class S(B):\n def f(self): mark(self.x)\nS(SessionLocal())",
        "from db import SessionLocal\nclass B:\n def __init__(self, x): self.x = x\n"
        "class S(B):\n def __init__(self, x):\n  super().__init__(x)\n def f(self): mark(self.x)\nS(SessionLocal())",
        "from dataclasses import dataclass\nfrom db import SessionLocal\n@dataclass\nclass S:\n x: object\n"
        " def f(self): mark(self.x)\nS(SessionLocal())",
        "from contextlib import contextmanager\nfrom db import SessionLocal\n@contextmanager\ndef scope():\n"
        " yield SessionLocal()\nwith scope() as x: mark(x)",
        "from db import SessionLocal\nclass U:\n def __enter__(self):\n  self.x = SessionLocal()\n  return self\n"
        " def __exit__(self, *a): ...\nwith U() as u: mark(u.x)",
        "import functools\nfrom db import SessionLocal\ndef f(x, y): mark(x)\ng = functools.partial(f, SessionLocal())\n"
        "g(1)",
        "import functools\nfrom db import SessionLocal\ndef deco(f):\n @functools.wraps(f)\n def w(*a, **k):\n"
        "  return f(*a, **k)\n return w\n@deco\ndef f(x): mark(x)\nf(SessionLocal())",
        "import functools\nfrom db import SessionLocal\ndef deco(f):\n @functools.wraps(f)\n def w(*a, **k):\n"
        "  return f(*a, **k)\n return w\n@deco\ndef f(x): mark(x)\nfunctools.partial(f, SessionLocal())()",
        "from db import SessionLocal\ndef outer():\n x = SessionLocal()\n def inner(): mark(x)\n inner()",
        "from db import SessionLocal\nx = None\ndef start():\n global x\n x = SessionLocal()\ndef f(): mark(x)",
        "from db import SessionLocal\nd = {'a': SessionLocal()}\nmark(d['a'])",
        "from typing import cast\nfrom sqlalchemy.orm import Session\nx = cast(Session, object())\nmark(x)",
        "from sqlalchemy.orm import Session\nclass Database(Session):\n def f(self): mark(self)",
        "from sqlalchemy.orm import Session\nclass Database(Session): ...\nwith Database() as x: mark(x)",
        "from db import SessionLocal\na, b = 1, SessionLocal()\nmark(b)",
        "from db import SessionLocal\nx = SessionLocal() if True else None\nmark(x)",
        "from sqlalchemy.orm import scoped_session\nfrom db import SessionLocal\nmark(scoped_session(SessionLocal)())",
    ],
)
def test_a_session_is_known_by_where_it_comes_from(code: str) -> None:
    assert Session(False) in marked(kinds_of(app=code)), code


@pytest.mark.parametrize(
    "code",
    [
        "def f(db): mark(db)",
        "class Client:\n def query(self, x): ...\ndb = Client()\nmark(db.query(1))",
        "import redis\ndb = redis.Redis()\nmark(db)",
        "def f(db: dict): mark(db)",
    ],
)
def test_nothing_is_a_session_by_its_name_alone(code: str) -> None:
    assert not any(isinstance(value, Session | Query) for value in marked(kinds_of(app=code)))


def test_a_fixture_gives_its_parameter_a_value() -> None:
    kinds = kinds_of(
        tests__conftest="import pytest\nfrom db import SessionLocal\n@pytest.fixture\ndef database():\n"
        "    yield SessionLocal()\n",
        tests__test_a="def test_it(database):\n    mark(database)\n",
    )
    assert marked(kinds, "tests/test_a.py") == {Session(False)}


def test_the_nearest_fixture_of_a_name_wins() -> None:
    kinds = kinds_of(
        tests__conftest="import pytest\n@pytest.fixture\ndef it(): return 1\n",
        tests__sub__conftest="import pytest\nfrom db import SessionLocal\n@pytest.fixture\ndef it(): return SessionLocal()\n",
        tests__sub__test_a="def test_it(it): mark(it)\n",
        tests__test_b="def test_it(it): mark(it)\n",
    )
    assert marked(kinds, "tests/sub/test_a.py") == {Session(False)}
    assert marked(kinds, "tests/test_b.py") == frozenset()


def test_engines_factories_and_clients() -> None:
    kinds = kinds_of(app="from db import engine, SessionLocal\nmark(engine)\nmark(SessionLocal)\n")
    assert marked(kinds) == {Engine(False), SessionFactory(False)}
    kinds = kinds_of(app="from fastapi.testclient import TestClient\nwith TestClient(1) as c: mark(c)\n")
    assert any(isinstance(value, TestClientValue) for value in marked(kinds))


@pytest.mark.parametrize(
    ("expression", "kind", "shape"),
    [
        ("s.query(User)", Query, ["User"]),
        ("s.query(User.id, User)", Query, ["column", "User"]),
        ("s.query(User).filter(1).order_by(2)", Query, ["User"]),
        ("s.query(User).with_entities(User.id)", Query, ["column"]),
        ("select(User)", Statement, ["User"]),
        ("select(User).where(1)", Statement, ["User"]),
        ("s.execute(select(User))", Result, ["User"]),
        ("s.scalars(select(User))", Result, ["User"]),
    ],
)
def test_shapes(expression: str, kind: type, shape: list[str]) -> None:
    kinds = kinds_of(app=f"from sqlalchemy import select\nfrom db import *\ns = SessionLocal()\nmark({expression})\n")
    (value,) = marked(kinds)
    assert isinstance(value, kind)
    assert [part if isinstance(part, str) else part.name for part in value.shape] == shape  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("expression", "model", "path"),
    [
        ("s.query(User).first()", "User", ()),
        ("s.query(User).all()[0]", "User", ()),
        ("[u for u in s.query(User)][0]", "User", ()),
        ("s.get(User, 1)", "User", ()),
        ("s.scalars(select(User)).first()", "User", ()),
        ("s.execute(select(User)).scalar_one()", "User", ()),
        ("s.execute(select(User, Item)).first()[1]", "Item", ()),
        ("s.execute(select(User, Item)).first().Item", "Item", ()),
        ("s.query(User).first().items[0]", "Item", ("items",)),
        ("s.query(User).first().items[0].owner", "User", ("items", "owner")),
        ("User()", "User", ()),
        ("max(s.query(User).all(), key=lambda u: u.id)", "User", ()),
    ],
)
def test_instances_and_the_relationships_they_were_reached_by(
    expression: str, model: str, path: tuple[str, ...]
) -> None:
    kinds = kinds_of(app=f"from sqlalchemy import select\nfrom db import *\ns = SessionLocal()\nmark({expression})\n")
    instances = {value for value in marked(kinds) if isinstance(value, Instance)}
    assert {(value.cls.name, value.path) for value in instances} == {(model, path)}
    assert all(value.site is not None for value in instances)


def test_what_is_async_already_is_known_as_such() -> None:
    kinds = kinds_of(
        app="from sqlalchemy.ext.asyncio import AsyncSession\nasync def f(s: AsyncSession):\n    mark(s)\n    mark(g())\n"
        "async def g():\n    return 1\n"
    )
    assert Session(True) in marked(kinds)
    assert not any(isinstance(value, Coroutine) and Session(False) in value.of for value in marked(kinds))


def test_a_recursive_program_ends() -> None:
    kinds = kinds_of(
        app="from db import SessionLocal\ndef f(x):\n    return [f([x]), g(x)]\ndef g(x):\n    return {1: f(x)}\n"
        "mark(f(SessionLocal()))\n"
    )
    assert kinds.project.functions


def test_of_queries_that_a_function_passes_on_a_call_gives_its_own() -> None:
    kinds = kinds_of(
        app="from db import *\ns = SessionLocal()\ndef only(query):\n    return query.filter(1)\n"
        "only(s.query(Item.id))\nmark(only(s.query(User)))\n"
    )
    assert {next(str(getattr(part, "name", part)) for part in value.shape) for value in marked(kinds)} == {"User"}  # type: ignore[attr-defined]


def test_a_fixture_of_a_test_module_is_not_given_to_another_one() -> None:
    fixture = "import pytest\n@pytest.fixture\ndef db():\n    return 1\n"
    texts = {
        "test_one.py": fixture,
        "test_two.py": "def test_it(db):\n    pass\n",
        "test_three.py": "from test_one import db\ndef test_it(db):\n    pass\n",
    }
    kinds = infer(project_of(texts))
    functions = {one.module.name: one for one in kinds.project.functions if one.name == "test_it"}
    assert kinds.fixtures.fixture("db", functions["test_two"]) is None
    assert kinds.fixtures.fixture("db", functions["test_three"]) is not None


def test_membership_asks_the_object() -> None:
    kinds = kinds_of(
        app="class Asked:\n    def __contains__(self, one):\n        return True\n"
        "class RunThrough:\n    def __iter__(self):\n        return iter(())\n"
        "def f(x):\n    return x in Asked() or x not in RunThrough()\n"
    )
    called = {
        one.name for node, targets in kinds.invocations.items() if isinstance(node, ast.Compare) for one in targets
    }
    assert called == {"__contains__", "__iter__"}


@pytest.mark.parametrize(
    ("annotation", "lazy"), [("DynamicMapped", "dynamic"), ("WriteOnlyMapped", "write_only"), ("Mapped", None)]
)
def test_an_annotation_says_how_a_relationship_loads(annotation: str, lazy: str | None) -> None:
    kinds = kinds_of(
        app="from sqlalchemy.orm import Mapped, DynamicMapped, WriteOnlyMapped, relationship\nfrom db import Base, Item\n"
        f"class Owner(Base):\n    __tablename__ = 'owners'\n    things: {annotation}[Item] = relationship()\n"
    )
    owner = next(cls for cls in kinds.project.classes if cls.name == "Owner")
    assert kinds.classes.relationships(owner)["things"].lazy == lazy


def test_what_is_put_into_a_mapping_that_an_object_keeps() -> None:
    kinds = kinds_of(
        app="from db import SessionLocal\nclass Keeper:\n    def __init__(self):\n        self._kept: dict[str, object] = {}\n"
        "    def keep(self, name, one):\n        self._kept[name] = one\n    def one(self, name):\n"
        "        return mark(self._kept.get(name))\nkeeper = Keeper()\nkeeper.keep('a', SessionLocal())\n"
    )
    assert marked(kinds) == {Session()}
