"""Programs made of query, session and call forms, run sync and shifted on equal data: same results, same SQL."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import itertools
import re
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError

from greenshift.postgres import ServerSettings, open_server
from greenshift.shift.rewrite.options import Options
from greenshift.shift.rewrite.stages import run_stages

DATABASE = """
from sqlalchemy import ForeignKey, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, object_session, relationship, sessionmaker
from settings import URL

class Base(DeclarativeBase):
    pass

class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    items: Mapped[list["Item"]] = relationship(back_populates="owner", order_by="Item.id")

    @property
    def size(self):
        return object_session(self).query(Item).filter(Item.owner_id == self.id).count()

class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str]
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    owner: Mapped["User"] = relationship(back_populates="items")

engine = create_engine(URL)
SessionLocal = sessionmaker(bind=engine)
"""
HEAD = """
import functools
from contextlib import contextmanager
from sqlalchemy import func, select, text
from database import Item, SessionLocal, User

def logged(function):
    @functools.wraps(function)
    def wrapper(*arguments, **named):
        return function(*arguments, **named)
    return wrapper

@contextmanager
def scope():
    session = SessionLocal()
    try:
        yield session
    finally:
        session.close()

class Repository:
    def __init__(self, session):
        self.session = session

    def __len__(self):
        return self.session.query(Item).count()

"""
# Leaves: the body of a function of one session that returns plain data.
LEAVES = [
    "return [user.name for user in db.query(User).order_by(User.id).all()]",
    "return db.query(User).filter(User.id == {n}).first().name",
    "return db.query(User.name, User.id).order_by(User.id).first()[0]",
    "return db.query(Item).filter(Item.owner_id == {n}).count()",
    "return db.query(func.max(Item.id)).scalar()",
    "return [tuple(row) for row in db.query(Item.owner_id, func.count(Item.id)).group_by(Item.owner_id)"
    ".order_by(Item.owner_id)]",
    "return db.get(User, {n}).name",
    "user = db.query(User).filter_by(id={n}).one()\n    user.name = user.name + '!'\n    db.flush()\n"
    "    return user.name",
    "db.add(Item(id=90 + {n}, label='new', owner_id={n}))\n    db.commit()\n    return db.query(Item).count()",
    "query = db.query(Item)\n    if {n} > 1:\n        query = query.filter(Item.label != 'x')\n"
    "    return [item.id for item in query.order_by(Item.id).limit(3)]",
    "return db.execute(select(User.name).where(User.id == {n})).scalar_one()",
    "return db.execute(text('select count(*) from items')).scalar()",
    "return db.scalars(select(Item.label).order_by(Item.id)).all()[{n}]",
    "return db.query(Item).filter(Item.owner_id == {n}).update({{'label': 'changed'}})",
    "return db.query(User).get({n}).size",
    "with db.begin_nested():\n        db.query(Item).filter(Item.id == {n}).delete()\n"
    "    return db.query(Item).count()",
    "return [user.name for user in db.query(User).join(Item).order_by(User.id)]",
    "return len(Repository(db))",
]
LAZY = [
    "return [item.label for item in db.query(User).filter(User.id == {n}).one().items]",
    "return db.query(Item).order_by(Item.id).first().owner.name",
    "return sorted((len(user.items), user.id) for user in db.query(User).all())",
    "return [i.owner.name for u in db.query(User).order_by(User.id).all() for i in u.items]",
]
# Callers: the body of a function of one session that calls another, {f}.
CALLERS = [
    "return {f}(db)",
    "value = {f}(db)\n    return [value, value]",
    "return [{f}(db) for _ in range(2)]",
    "return str({f}(db)).upper()",
    "return functools.partial({f}, db)()",
    "return {f}(db) if {f}(db) else None",
    "return len(str({f}(db))) + 1",
    "with scope() as other:\n        return {f}(other)",
    "with SessionLocal() as other, db.no_autoflush:\n        return [{f}(other), {f}(db)]",
    "return sum(len(str({f}(db))) for _ in range(2))",
    "def inner():\n        return {f}(db)\n    return inner()",
    "try:\n        return {f}(db)\n    finally:\n        db.rollback()",
    "for _ in range(2):\n        value = {f}(db)\n    return f'{{value}}: {{ {f}(db) }}'",
    "return not {f}(db) or {f}(db)",
]
numbers = itertools.count()


@st.composite
def programs(draw: st.DrawFn, leaves: list[str]) -> str:
    """A chain of functions: each calls the one before, some decorated, one a method."""
    leaf = draw(st.sampled_from(leaves)).format(n=draw(st.integers(1, 2)))
    functions = [_function("f0", leaf, draw(st.booleans()))]
    for index in range(draw(st.integers(0, 3))):
        body = draw(st.sampled_from(CALLERS)).format(f=f"f{index}")
        functions.append(_function(f"f{index + 1}", body, draw(st.booleans())))
    last = f"f{len(functions) - 1}"
    functions.append(
        "class Service:\n    def __init__(self, db):\n        self.db = db\n"
        f"    def answer(self):\n        return {last}(self.db)\n"
    )
    functions.append("def run():\n    with SessionLocal() as db:\n        return Service(db).answer()\n")
    return HEAD + "\n".join(functions)


def _function(name: str, body: str, decorated: bool) -> str:
    return ("@logged\n" if decorated else "") + f"def {name}(db):\n    {body}\n"


class Run:
    """What a program answered (or the name of the error that it raised) and sent."""

    def __init__(self, answer: object, statements: list[str]) -> None:
        self.answer = answer
        self.statements = statements


def execute(folder: Path, texts: dict[str, str], before: Callable[[Any], None]) -> Run:
    """Import a program from a folder of its own, and run it."""
    folder.mkdir()
    for name, text in texts.items():
        (folder / name).write_text(text)
    sys.path.insert(0, str(folder))
    names = [Path(name).stem for name in texts]
    try:
        module = importlib.import_module("program")
        database = importlib.import_module("database")
        engine = database.engine
        sync_engine = getattr(engine, "sync_engine", engine)
        statements: list[str] = []
        event.listen(sync_engine, "before_cursor_execute", lambda *one: statements.append(normalised(one[2])))
        if inspect.iscoroutinefunction(module.run):

            async def main() -> object:
                try:
                    async with engine.begin() as connection:
                        await connection.run_sync(database.Base.metadata.create_all)
                        await connection.run_sync(before)
                    statements.clear()
                    return await module.run()
                except SQLAlchemyError as error:
                    return type(error).__name__
                finally:
                    await engine.dispose()

            return Run(asyncio.run(main()), statements)
        try:
            with engine.begin() as connection:
                database.Base.metadata.create_all(connection)
                before(connection)
            statements.clear()
            return Run(module.run(), statements)
        except SQLAlchemyError as error:
            return Run(type(error).__name__, statements)
        finally:
            engine.dispose()
    finally:
        sys.path.remove(str(folder))
        for name in names:
            sys.modules.pop(name, None)


def fill(connection: Any) -> None:
    """Write the data on which both forms run."""
    from sqlalchemy import text

    for table in ("items", "users"):
        connection.execute(text(f"delete from {table}"))
    connection.execute(text("insert into users (id, name) values (1, 'ann'), (2, 'bob')"))
    connection.execute(
        text("insert into items (id, label, owner_id) values (1, 'x', 1), (2, 'y', 1), (3, 'x', 2), (4, 'z', 2)")
    )


def normalised(statement: str) -> str:
    """A statement without what differs between drivers: labels, white space, parameters' form and casts."""
    text = re.sub(r"%\(\w+\)s(::\w+)?|\$\d+(::[\w ]+?(?=[\s,)]|$))?|\?", "?", statement)
    # Query labels columns by their tables, select does not.
    text = re.sub(r"\b((?:users|items)\.\w+) AS \w+", r"\1", text)
    return re.sub(r"\s+", " ", text).strip()


def compare(
    program: str, tmp_path: Path, url: str, *, sql: bool, driver: str | None = None, options: Options | None = None
) -> None:
    """Run a program as it is and shifted, on another driver if one is named."""
    texts = {"settings.py": f"URL = {url!r}\n", "database.py": DATABASE, "program.py": program}
    shifted = run_stages(texts, options)[-1].texts
    assert "async def run" in shifted["program.py"], shifted["program.py"]
    assert run_stages(shifted, options)[-1].texts == shifted, "a second run changes it"
    if driver is not None:
        shifted["settings.py"] = shifted["settings.py"].replace("+psycopg", f"+{driver}")
    number = next(numbers)
    before = execute(tmp_path / f"sync{number}", texts, fill)
    after = execute(tmp_path / f"async{number}", shifted, fill)
    assert after.answer == before.answer, shifted["program.py"]
    if sql:
        assert after.statements == before.statements, shifted["program.py"]


SETTINGS = settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)


@SETTINGS
@given(program=programs(LEAVES))
def test_same_results_and_statements(program: str, tmp_path: Path) -> None:
    compare(program, tmp_path, f"sqlite:///{tmp_path}/data.sqlite?timeout=0.05", sql=True)


@SETTINGS
@given(program=programs(LAZY))
def test_same_results_where_relationships_are_read(program: str, tmp_path: Path) -> None:
    compare(program, tmp_path, f"sqlite:///{tmp_path}/data.sqlite?timeout=0.05", sql=False)


@pytest.fixture(scope="module")
def postgresql_url() -> Iterator[str]:
    """A database of its own; the plugin's fixtures would have every loop of this process followed."""
    server = open_server(ServerSettings())
    with server.connect() as connection:
        connection.execute("CREATE DATABASE shifted")
    yield server.url("shifted", "psycopg")
    server.stop()


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
@pytest.mark.parametrize("leaf", [*LEAVES, *LAZY])
def test_every_form_on_postgresql(leaf: str, driver: str, tmp_path: Path, postgresql_url: str) -> None:
    program = HEAD + textwrap.dedent(
        f"def f0(db):\n    {leaf.format(n=1)}\ndef run():\n    with SessionLocal() as db:\n        return f0(db)\n"
    )
    compare(program, tmp_path, postgresql_url, sql=leaf in LEAVES, driver=driver)


@pytest.mark.parametrize("leaf", LEAVES)
def test_every_form_where_services_stay_sync_inside(leaf: str, tmp_path: Path) -> None:
    program = HEAD + textwrap.dedent(
        f"class Service:\n    def __init__(self, db):\n        self.db = db\n    def answer(self):\n"
        f"        return f0(self.db)\ndef f0(db):\n    {leaf.format(n=1)}\n"
        "def run():\n    with SessionLocal() as db:\n        return Service(db).answer()\n"
    )
    url = f"sqlite:///{tmp_path}/data.sqlite"
    compare(program, tmp_path, url, sql=True, options=Options(bridge="all"))
