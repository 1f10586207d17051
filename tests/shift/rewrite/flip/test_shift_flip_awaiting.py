# ruff: noqa: E501  (a sample is easier to read on one line)
"""``async def``, ``await``, ``async with`` and ``async for``: before and after, one form a sample."""

from __future__ import annotations

import textwrap

import pytest

from greenshift.shift.rewrite.flip.awaiting import fix_awaiting
from greenshift.shift.rewrite.flip.bridging import fix_bridges
from greenshift.shift.rewrite.stages import StageResult, run_stage

HEAD = """\
from sqlalchemy import select
from db import Item, SessionLocal, User, engine
"""
DATABASE = """\
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, object_session, relationship, sessionmaker

class Base(DeclarativeBase): ...

class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    items: Mapped[list["Item"]] = relationship()

class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)

    @property
    def rank(self):
        return object_session(self).execute("select 1").scalar()

engine = create_engine("sqlite://")
SessionLocal = sessionmaker(bind=engine)
"""


def flip(**files: str) -> StageResult:
    texts = {f"{name.replace('__', '/')}.py": textwrap.dedent(text) for name, text in files.items()}
    return run_stage("flip", {"db.py": DATABASE, **texts}, fixers=[fix_awaiting, fix_bridges])


def flipped(code: str) -> str:
    result = flip(app=HEAD + textwrap.dedent(code))
    text = result.texts["app.py"]
    assert run_stage("flip", result.texts, fixers=[fix_awaiting]).texts["app.py"].count("await await") == 0
    return text[len(HEAD) :] if text.startswith(HEAD) else text


SAMPLES = [
    # fastapi-pagination executes on the session that it is given.
    (
        "from fastapi_pagination.ext.sqlalchemy import paginate\ndef f():\n    db = SessionLocal()\n"
        "    return paginate(db, select(1))\n",
        "from fastapi_pagination.ext.sqlalchemy import paginate\nasync def f():\n    db = SessionLocal()\n"
        "    return await paginate(db, select(1))\n",
    ),
    ("def f(db=SessionLocal()):\n    db.commit()\n", "async def f(db=SessionLocal()):\n    await db.commit()\n"),
    # What follows the call would be taken first: parentheses.
    (
        "def f():\n    db = SessionLocal()\n    return db.execute(select(User)).scalars().all()\n",
        "async def f():\n    db = SessionLocal()\n    return (await db.execute(select(User))).scalars().all()\n",
    ),
    (
        "def f():\n    db = SessionLocal()\n    return db.execute(select(User))[0]\n",
        "async def f():\n    db = SessionLocal()\n    return (await db.execute(select(User)))[0]\n",
    ),
    (
        "def f():\n    db = SessionLocal()\n    return not db.scalar(select(User)) or -db.scalar(select(User)) ** 2\n",
        "async def f():\n    db = SessionLocal()\n"
        "    return not await db.scalar(select(User)) or -(await db.scalar(select(User))) ** 2\n",
    ),
    # Sync methods of a session stay as they are.
    (
        "def f():\n    db = SessionLocal()\n    db.add(User())\n    db.flush()\n    db.expunge_all()\n",
        "async def f():\n    db = SessionLocal()\n    db.add(User())\n    await db.flush()\n    db.expunge_all()\n",
    ),
    # Callers follow, however far.
    (
        "def a(db):\n    db.flush()\ndef b(db):\n    a(db)\ndef c():\n    b(SessionLocal())\ndef d():\n    return 1\n",
        "async def a(db):\n    await db.flush()\nasync def b(db):\n    await a(db)\nasync def c():\n"
        "    await b(SessionLocal())\ndef d():\n    return 1\n",
    ),
    (
        "def f():\n    with SessionLocal() as db, db.begin():\n        db.flush()\n",
        "async def f():\n    async with SessionLocal() as db, db.begin():\n        await db.flush()\n",
    ),
    (
        "def f():\n    with engine.begin() as c:\n        c.execute(select(1))\n",
        "async def f():\n    async with engine.begin() as c:\n        await c.execute(select(1))\n",
    ),
    # Sync and async context managers do not mix in one statement.
    (
        "def f(p):\n    with open(p) as file, SessionLocal() as db:\n        db.flush()\n\n        file.read()\n",
        "async def f(p):\n    with open(p) as file:\n        async with SessionLocal() as db:\n"
        "            await db.flush()\n\n            file.read()\n",
    ),
    (
        'def f(p):\n    with SessionLocal() as db, open(p) as file:\n        db.flush()\n        t = """\n  a\n"""\n',
        "async def f(p):\n    async with SessionLocal() as db:\n        with open(p) as file:\n"
        '            await db.flush()\n            t = """\n  a\n"""\n',
    ),
    (
        "def f():\n    with SessionLocal() as db, db.no_autoflush:\n        db.flush()\n",
        "async def f():\n    async with SessionLocal() as db:\n        with db.no_autoflush:\n            await db.flush()\n",
    ),
    (
        "def f(p):\n    with (\n        open(p) as file,  # one, two\n        SessionLocal() as db,\n    ):\n        db.flush()\n",
        "async def f(p):\n    with (\n        open(p) as file,\n    ):\n        async with (  # one, two\n        SessionLocal() as db,\n    ):\n"
        "            await db.flush()\n",
    ),
    (
        "def f(p):\n    with (open(p)) as file, (SessionLocal()) as db:\n        db.flush()\n",
        "async def f(p):\n    with (open(p)) as file:\n        async with (SessionLocal()) as db:\n            await db.flush()\n",
    ),
    # Comprehensions: lists may await, generator expressions given to sum and any may not.
    (
        "def g(db, i):\n    return db.get(User, i)\ndef f(db):\n    g(SessionLocal(), 1)\n    return [g(db, i) for i in (1, 2)]\n",
        "async def g(db, i):\n    return await db.get(User, i)\nasync def f(db):\n    await g(SessionLocal(), 1)\n"
        "    return [await g(db, i) for i in (1, 2)]\n",
    ),
    (
        "def f():\n    db = SessionLocal()\n    return sum(db.scalar(select(i)) for i in (1, 2))\n",
        "async def f():\n    db = SessionLocal()\n    return sum([await db.scalar(select(i)) for i in (1, 2)])\n",
    ),
    (
        "def f():\n    db = SessionLocal()\n    return sum((db.scalar(select(i)) for i in (1, 2)), 3)\n",
        "async def f():\n    db = SessionLocal()\n    return sum([await db.scalar(select(i)) for i in (1, 2)], 3)\n",
    ),
    (
        "def f():\n    db = SessionLocal()\n    return sum(u.id for u in db.scalars(select(User)))\n",
        "async def f():\n    db = SessionLocal()\n    return sum(u.id for u in await db.scalars(select(User)))\n",
    ),
    # Generators.
    (
        "def rows():\n    db = SessionLocal()\n    for u in db.scalars(select(User)):\n        yield u\n"
        "def f():\n    for u in rows():\n        print(u)\n    return list(rows()), [u for u in rows()]\n",
        "async def rows():\n    db = SessionLocal()\n    for u in await db.scalars(select(User)):\n        yield u\n"
        "async def f():\n    async for u in rows():\n        print(u)\n"
        "    return list([item async for item in rows()]), [u async for u in rows()]\n",
    ),
    (
        "def rows():\n    db = SessionLocal()\n    yield from db.scalars(select(User))\n",
        "async def rows():\n    db = SessionLocal()\n    for item in await db.scalars(select(User)):\n        yield item\n",
    ),
    # A generator taken apart, joined, or handed on.
    (
        "def rows():\n    db = SessionLocal()\n    for u in db.scalars(select(User)):\n        yield u.name\n"
        "def more():\n    yield from rows()\ndef f(db):\n    first, *rest = rows()\n    return first, [*more()], ','.join(rows())\n",
        "async def rows():\n    db = SessionLocal()\n    for u in await db.scalars(select(User)):\n        yield u.name\n"
        "async def more():\n    async for item in rows():\n        yield item\n"
        "async def f(db):\n    first, *rest = [item async for item in rows()]\n"
        "    return first, [*[item async for item in more()]], ','.join([item async for item in rows()])\n",
    ),
    # Rows that come piece by piece.
    (
        "def rows():\n    db = SessionLocal()\n    yield from db.scalars(select(User).execution_options(yield_per=2))\n",
        "async def rows():\n    db = SessionLocal()\n    async for item in await db.stream_scalars("
        "select(User).execution_options(yield_per=2)):\n        yield item\n",
    ),
    (
        "def f():\n    db = SessionLocal()\n    for (i,) in db.execute(select(User.id).execution_options(yield_per=2)):\n"
        "        print(i)\n    return [u for u in db.scalars(select(User).execution_options(yield_per=2))]\n",
        "async def f():\n    db = SessionLocal()\n"
        "    async for (i,) in await db.stream(select(User.id).execution_options(yield_per=2)):\n        print(i)\n"
        "    return [u async for u in await db.stream_scalars(select(User).execution_options(yield_per=2))]\n",
    ),
    # A response that streams takes an async generator.
    (
        "from fastapi.responses import StreamingResponse\ndef lines(db):\n    for u in db.scalars(select(User)):\n"
        "        yield u.name\ndef f():\n    return StreamingResponse(lines(SessionLocal()), media_type='text/csv')\n"
        "def g():\n    return StreamingResponse(content=lines(SessionLocal()))\n",
        "from fastapi.responses import StreamingResponse\nasync def lines(db):\n    for u in await db.scalars(select(User)):\n"
        "        yield u.name\nasync def f():\n    return StreamingResponse(lines(SessionLocal()), media_type='text/csv')\n"
        "async def g():\n    return StreamingResponse(content=lines(SessionLocal()))\n",
    ),
    # A method, through an attribute of self; a base class's method with it.
    (
        "class B:\n    def get(self): raise NotImplementedError\nclass S(B):\n    def __init__(self, db):\n        self.db = db\n"
        "    def get(self):\n        return self.db.get(User, 1)\ndef f():\n    return S(SessionLocal()).get().id\n",
        "class B:\n    async def get(self): raise NotImplementedError\nclass S(B):\n    def __init__(self, db):\n"
        "        self.db = db\n    async def get(self):\n        return await self.db.get(User, 1)\n"
        "async def f():\n    return (await S(SessionLocal()).get()).id\n",
    ),
    # A decorator's wrapper, and what else it decorates.
    (
        "import functools\ndef deco(f):\n    @functools.wraps(f)\n    def wrapper(*a, **k):\n        return f(*a, **k)\n"
        "    return wrapper\n@deco\ndef one(db):\n    db.flush()\n@deco\ndef two():\n    return 2\n"
        "def f():\n    one(SessionLocal())\n    return two()\n",
        "import functools\ndef deco(f):\n    @functools.wraps(f)\n    async def wrapper(*a, **k):\n"
        "        return await f(*a, **k)\n    return wrapper\n@deco\nasync def one(db):\n    await db.flush()\n@deco\n"
        "async def two():\n    return 2\nasync def f():\n    await one(SessionLocal())\n    return await two()\n",
    ),
    (
        "from functools import partial\ndef g(db, i):\n    return db.get(User, i)\ndef f():\n"
        "    h = partial(g, SessionLocal())\n    return h(1)\n",
        "from functools import partial\nasync def g(db, i):\n    return await db.get(User, i)\nasync def f():\n"
        "    h = partial(g, SessionLocal())\n    return await h(1)\n",
    ),
    # Already async callers await what they called.
    (
        "def g(db):\n    return db.get(User, 1)\nasync def f():\n    return g(SessionLocal())\n",
        "async def g(db):\n    return await db.get(User, 1)\nasync def f():\n    return await g(SessionLocal())\n",
    ),
    # An unawaited condition would always be true: the hole that only a warning shows.
    (
        "def is_admin(db):\n    return db.get(User, 1) is not None\ndef f(db=SessionLocal()):\n    if is_admin(db):\n"
        "        return 1\n",
        "async def is_admin(db):\n    return await db.get(User, 1) is not None\nasync def f(db=SessionLocal()):\n"
        "    if await is_admin(db):\n        return 1\n",
    ),
    # Loops of awaits stay loops, in order.
    (
        "def f():\n    db = SessionLocal()\n    for i in (1, 2):\n        db.get(User, i)  # one by one\n",
        "async def f():\n    db = SessionLocal()\n    for i in (1, 2):\n        await db.get(User, i)  # one by one\n",
    ),
]


@pytest.mark.parametrize(("before", "after"), SAMPLES)
def test_sample(before: str, after: str) -> None:
    assert flipped(before) == after


UNTOUCHED = [
    "async def f(db):\n    await db.commit()\n",
    "from sqlalchemy.ext.asyncio import AsyncSession\nasync def f(db: AsyncSession):\n    await db.commit()\n",
    "def f(db):\n    db.commit()\n",
    "class Cache:\n    def get(self, key): ...\ndef f(cache: Cache):\n    return cache.get(1)\n",
]


@pytest.mark.parametrize("code", UNTOUCHED)
def test_what_is_async_already_or_no_session_is_left_alone(code: str) -> None:
    assert flipped(code) == code


def test_protocols_and_their_implementations_move_together() -> None:
    text = flipped(
        """
        from typing import Protocol
        class Repository(Protocol):
            def find(self, i): ...
        class Sql:
            def __init__(self, db): self.db = db
            def find(self, i): return self.db.get(User, i)
        class Memory:
            def find(self, i): return None
        def f(repository: Repository):
            return repository.find(1)
        f(Sql(SessionLocal()))
        """
    )
    assert text.count("async def find") == 3
    assert "return await repository.find(1)" in text


def test_half_migrated_code_is_finished() -> None:
    result = flip(
        app=HEAD + "async def f(db=SessionLocal()):\n    return g(db)\ndef g(db):\n    return db.get(User, 1)\n"
        "from sqlalchemy.ext.asyncio import AsyncSession\nasync def h(db: AsyncSession):\n    return await db.get(User, 1)\n"
    )
    text = result.texts["app.py"]
    assert "return await g(db)" in text
    assert "async def g(db):\n    return await db.get(User, 1)" in text
    assert "await await" not in text


def test_a_statement_at_import_is_listed_and_left() -> None:
    result = flip(app=HEAD + "SessionLocal().commit()\n")
    assert [(one.kind, one.place.line) for one in result.left] == [("import", 3)]
    assert result.texts["app.py"].endswith("\nSessionLocal().commit()\n")
