"""The adapter keeps the contract's protocol, in both flavours; the sync one never suspends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any

import psycopg
import pytest
from blog_adapter import RECORDS
from greenshift.contract import Ground, Relationship, Session, run_to_end
from greenshift.postgres.schemas.database import SchemaDatabase

from blog import models
from records import NotBoundError

pytestmark = pytest.mark.db(no_queries_ok=True)

NAMES = ("User", "Post", "Role", "UserRole")
MODELS = {model.name: model for model in RECORDS.models()}
USER, POST, ROLE, USER_ROLE = (MODELS[name] for name in NAMES)

Act = Callable[[Ground], Coroutine[Any, Any, None]]


@pytest.fixture(params=["sync", "async"])
def run(request: pytest.FixtureRequest, db: SchemaDatabase) -> Callable[[Act], None]:
    is_async = request.param == "async"

    async def on_the_ground(act: Act) -> None:
        async with RECORDS.open(db.url(), is_async=is_async) as ground:
            await act(ground)

    return lambda act: (asyncio.run if is_async else run_to_end)(on_the_ground(act))


def test_models_are_described() -> None:
    key = USER.columns["id"]
    assert (key.python_type, key.is_key, key.is_generated, key.has_default) == (int, True, True, True)
    assert [column.name for column in USER.required] == ["name", "email"]
    assert USER.columns["email"].is_unique
    assert USER.columns["metadata"].json
    assert USER.columns["metadata"].is_nullable
    assert POST.columns["user_id"].references == ("User", "id")
    assert USER.relationships["posts"].back == "user"
    assert USER.relationships["posts"].deletes_orphans
    assert POST.relationships["user"] == Relationship(
        *("user", "User", False, (("user_id", "id"),)),
        is_writable=False,
        loads=("lazy", "awaitable", "eager"),
        back="posts",
    )
    assert (USER_ROLE.keys, USER_ROLE.is_association) == (("user_id", "role_id"), True)
    assert not USER.is_association


def test_every_method_of_the_protocol(run: Callable[[Act], None]) -> None:
    async def act(ground: Ground) -> None:
        async with ground.session() as session:
            ada = await session.insert(USER, {"name": "ada", "email": "a", "metadata": {"x": [None]}})
            posts = await session.insert_many(
                POST, [{"user_id": ada.id, "title": title, "content": ""} for title in "xy"]
            )
            assert await session.get(USER, (ada.id,)) == ada
            assert await session.get(USER, (99,)) is None
            assert await session.get_many(POST, [(2,), (1,)]) == posts
            assert await session.list(USER) == await session.find_by(USER, "name", "ada") == [ada]
            assert (await session.update(ada, {"name": "Ada"})).name == "Ada"
            values = await session.values(USER, ada)
            assert values.keys() == USER.columns.keys()
            assert await session.computed(USER, ada) == {}
            text = await session.to_json(USER, ada)
            assert json.loads(text)["metadata"] == {"x": [None]}
            assert await session.from_json(USER, text) == values
        async with ground.session() as session:
            for load in ("awaitable", "eager"):
                post = await session.get(POST, (1,))
                assert await session.related(POST, post, "user", load) == [ada]
                assert await session.related(USER, await session.get(USER, (1,)), "posts", load) == posts
            record, count = await session.preload(USER, (1,), ["posts", "user"])
            assert (record, count) == (ada, 3)
            assert await session.preload(USER, (99,), ["posts"]) == (None, 1)
            await session.delete(ada)
            assert await session.list(POST) == []

    run(act)


def test_transactions(run: Callable[[Act], None]) -> None:
    async def fail(ground: Ground) -> None:
        async with ground.session() as session:
            await session.insert(ROLE, {"name": "lost"})
            raise ZeroDivisionError

    async def duplicate(session: Session) -> None:
        async with session.nested():
            await session.insert(ROLE, {"name": "admin"})

    async def act(ground: Ground) -> None:
        async with ground.session() as session:
            await session.insert(ROLE, {"name": "admin"})
            with pytest.raises(psycopg.Error) as caught:
                await duplicate(session)
            assert RECORDS.is_refusal(caught.value) == "23505"
            async with ground.session() as other:
                assert await other.list(ROLE) == []
                assert len(await session.list(ROLE)) == 1
                await other.insert(ROLE, {"name": "other"})
        with pytest.raises(ZeroDivisionError):
            await fail(ground)
        async with ground.session() as session:
            await session.insert(ROLE, {"name": "undone"})
            await session.rollback()
            await session.insert(ROLE, {"name": "kept"})
        async with ground.session() as session:
            assert sorted(role.name for role in await session.list(ROLE)) == ["admin", "kept", "other"]

    run(act)
    assert RECORDS.is_refusal(ZeroDivisionError()) is None
    with pytest.raises(NotBoundError):
        models.Role.db_manager()


def test_tables_are_created(db: SchemaDatabase) -> None:
    with psycopg.connect(db.url(), autocommit=True) as connection:
        connection.execute("DROP TABLE user_roles, roles, posts, users")
        RECORDS.create(db.url())
        assert connection.execute("SELECT count(*) FROM user_roles").fetchone() == (0,)
