# ruff: noqa: E501  (a sample is easier to read on one line)
"""What cannot be async runs inside ``run_sync``: the smallest expression that works."""

from __future__ import annotations

import pytest
from test_shift_flip_awaiting import HEAD, flip, flipped

SAMPLES = [
    # A query that stays one.
    (
        "def f():\n    db = SessionLocal()\n    return db.query(User).all()\n",
        "async def f():\n    db = SessionLocal()\n"
        "    return await db.run_sync(lambda _: db.sync_session.query(User).all())\n",
    ),
    (
        "def f():\n    db = SessionLocal()\n    q = db.query(User)\n    return q.all()\n",
        "async def f():\n    db = SessionLocal()\n    q = db.sync_session.query(User)\n"
        "    return await db.run_sync(lambda _: q.all())\n",
    ),
    (
        "def f():\n    db = SessionLocal()\n    db.bulk_save_objects([User()])\n",
        "async def f():\n    db = SessionLocal()\n    await db.run_sync(lambda _: db.sync_session.bulk_save_objects([User()]))\n",
    ),
    # A property of a model that queries.
    (
        "def f():\n    db = SessionLocal()\n    return db.get(Item, 1).rank + 1\n",
        "async def f():\n    db = SessionLocal()\n"
        "    return await db.run_sync(lambda _: db.sync_session.get(Item, 1).rank) + 1\n",
    ),
    (
        "def f():\n    db = SessionLocal()\n    item = db.get(Item, 1)\n    return item.rank.real\n",
        "async def f():\n    db = SessionLocal()\n    item = await db.get(Item, 1)\n"
        "    return (await db.run_sync(lambda _: item.rank)).real\n",
    ),
    # A key function that queries.
    (
        "def f():\n    db = SessionLocal()\n    return sorted([1, 2], key=lambda i: db.get(User, i).id)\n",
        "async def f():\n    db = SessionLocal()\n"
        "    return await db.run_sync(lambda _: sorted([1, 2], key=lambda i: db.sync_session.get(User, i).id))\n",
    ),
    # What map() calls is called when somebody runs through it.
    (
        "def g(i):\n    return SessionLocal().get(User, i)\ndef f():\n    db = SessionLocal()\n    return list(map(g, [1]))\n",
        "def g(i):\n    return SessionLocal().sync_session.get(User, i)\nasync def f():\n    db = SessionLocal()\n"
        "    return await db.run_sync(lambda _: list(map(g, [1])))\n",
    ),
    # A session that a function of the application makes is async where sync code asks for it.
    (
        "def make():\n    return SessionLocal()\nclass R:\n    def __len__(self):\n        db = make()\n"
        "        return db.scalar(select(1))\n",
        "def make():\n    return SessionLocal()\nclass R:\n    def __len__(self):\n        db = make().sync_session\n"
        "        return db.scalar(select(1))\n",
    ),
    # A proxy hands on what it is asked: the sync session of what it stands for.
    (
        "class Local:\n    def __getattr__(self, name):\n        return getattr(SessionLocal(), name)\n"
        "db = Local()\nclass R:\n    @property\n    def all(self):\n        return db.scalar(select(1))\n"
        "def f():\n    db.commit()\n    return R().all\n",
        "class Local:\n    def __getattr__(self, name):\n        return getattr(SessionLocal(), name)\n"
        "db = Local()\nclass R:\n    @property\n    def all(self):\n        return db.sync_session.scalar(select(1))\n"
        "async def f():\n    await db.commit()\n    return await db.run_sync(lambda _: R().all)\n",
    ),
    # __len__ on a repository.
    (
        "class R:\n    def __init__(self, db):\n        self.db = db\n    def __len__(self):\n"
        "        return self.db.scalar(select(1))\ndef f():\n    r = R(SessionLocal())\n    return len(r)\n",
        "class R:\n    def __init__(self, db):\n        self.db = db\n    def __len__(self):\n"
        "        return self.db.sync_session.scalar(select(1))\nasync def f():\n    r = R(SessionLocal())\n"
        "    return await r.db.run_sync(lambda _: len(r))\n",
    ),
    # An iterator that sends something on the way runs to its end inside.
    (
        "class R:\n    def __init__(self, db):\n        self.db = db\n    def __iter__(self):\n"
        "        return iter(self.db.scalars(select(User)))\n    def names(self):\n        return [u.name for u in self]\n"
        "def f():\n    r = R(SessionLocal())\n    return sorted(r)\n",
        "class R:\n    def __init__(self, db):\n        self.db = db\n    def __iter__(self):\n"
        "        return iter(self.db.sync_session.scalars(select(User)))\n    async def names(self):\n"
        "        return [u.name for u in await self.db.run_sync(lambda _: list(self))]\n"
        "async def f():\n    r = R(SessionLocal())\n    return await r.db.run_sync(lambda _: sorted(r))\n",
    ),
    # The same where it has a length: list() would ask for that, too.
    (
        "class R:\n    def __init__(self, db):\n        self.db = db\n    def __iter__(self):\n"
        "        return iter(self.db.scalars(select(User)))\n    def __len__(self):\n"
        "        return self.db.scalar(select(1))\n    def names(self):\n        return [u.name for u in self]\n"
        "def f():\n    return R(SessionLocal()).names()\n",
        "class R:\n    def __init__(self, db):\n        self.db = db\n    def __iter__(self):\n"
        "        return iter(self.db.sync_session.scalars(select(User)))\n    def __len__(self):\n"
        "        return self.db.sync_session.scalar(select(1))\n    async def names(self):\n"
        "        return [u.name for u in await self.db.run_sync(lambda _: list(iter(self)))]\n"
        "async def f():\n    return await R(SessionLocal()).names()\n",
    ),
    # What async functions give is awaited before, and handed in.
    (
        "def get(db, i):\n    return db.get(Item, i)\ndef f():\n    db = SessionLocal()\n"
        "    return get(db, 1).rank + max(get(db, 2).rank, 3)\n",
        "async def get(db, i):\n    return await db.get(Item, i)\nasync def f():\n    db = SessionLocal()\n"
        "    return await db.run_sync(lambda _, value: value.rank, (await get(db, 1))) + "
        "max(await db.run_sync(lambda _, value: value.rank, (await get(db, 2))), 3)\n",
    ),
    # What is awaited before may be bridged itself.
    (
        "def get(db, i):\n    return db.get(Item, i)\ndef f():\n    db = SessionLocal()\n"
        "    return get(db, db.get(Item, 1).rank).rank\n",
        "async def get(db, i):\n    return await db.get(Item, i)\nasync def f():\n    db = SessionLocal()\n"
        "    return await db.run_sync(lambda _, value: value.rank, (await get("
        "db, await db.run_sync(lambda _: db.sync_session.get(Item, 1).rank))))\n",
    ),
    # What a constructor is given stays async: its methods ask for the sync session themselves.
    (
        "class R:\n    def __init__(self, db):\n        self.db = db\n    def __len__(self):\n"
        "        return self.db.scalar(select(1))\ndef f():\n    db = SessionLocal()\n    return len(R(db))\n",
        "class R:\n    def __init__(self, db):\n        self.db = db\n    def __len__(self):\n"
        "        return self.db.sync_session.scalar(select(1))\nasync def f():\n    db = SessionLocal()\n"
        "    return await db.run_sync(lambda _: len(R(db)))\n",
    ),
    (
        "class R:\n    def __init__(self, db):\n        self.db = db\n        self.one = db.scalar(select(1))\n"
        "    def two(self):\n        return self.db.scalar(select(2))\ndef f():\n    db = SessionLocal()\n"
        "    return R(db).two()\n",
        "class R:\n    def __init__(self, db):\n        self.db = db\n"
        "        self.one = db.sync_session.scalar(select(1))\n"
        "    async def two(self):\n        return await self.db.scalar(select(2))\nasync def f():\n"
        "    db = SessionLocal()\n    return await (await db.run_sync(lambda _: R(db))).two()\n",
    ),
]


@pytest.mark.parametrize(("before", "after"), SAMPLES)
def test_sample(before: str, after: str) -> None:
    assert flipped(before) == after


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ("    @property\n    def current(self):\n        return self._scoped()\n", "db.current"),
        ("", "db._scoped()"),
    ],
)
def test_a_scoped_session_has_no_run_sync(members: str, text: str) -> None:
    before = (
        "from sqlalchemy.orm import scoped_session\nclass Holder:\n    def __init__(self):\n"
        f"        self._scoped = scoped_session(SessionLocal)\n{members}"
        "def f(db: Holder, item: Item):\n    return item.rank\n"
    )
    assert f"return await {text}.run_sync(lambda _: item.rank)\n" in flipped(before)


@pytest.mark.parametrize(
    ("bind", "call"),
    [
        ("lambda: db.connection()", "await db.run_sync(lambda _: migration.upgrade())"),
        ("lambda: None", "migration.upgrade()"),
    ],
)
def test_a_migration_that_a_test_runs_on_its_session(bind: str, call: str) -> None:
    before = (
        "from alembic import op\ndef f(monkeypatch, load):\n    db = SessionLocal()\n    migration = load()\n"
        f"    monkeypatch.setattr(op, 'get_bind', {bind})\n    migration.upgrade()\n    db.commit()\n"
    )
    text = flip(test_migration=HEAD + before, alembic__versions__one="").texts["test_migration.py"]
    assert f"    {call}\n    await db.commit()\n" in text


def test_every_bridge_is_listed_with_its_reason() -> None:
    result = flip(app=HEAD + "def f():\n    db = SessionLocal()\n    return db.get(Item, 1).rank\n")
    assert [(one.place.line, one.kind) for one in result.left] == [(5, "bridged")]
    assert "a property" in result.left[0].reason


def test_the_scoreboard_counts_native_and_bridged_calls() -> None:
    result = flip(app=HEAD + "def f():\n    db = SessionLocal()\n    db.commit()\n    return db.query(User).all()\n")
    assert result.counts["native"] == 1
    assert result.counts["bridged"] == 2
