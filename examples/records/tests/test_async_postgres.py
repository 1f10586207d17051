"""The models whose methods are awaited."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from blog.async_models import AsyncPost, AsyncRole, AsyncUser, AsyncUserRole
from records import AsyncDatabaseManager, Rollback, recorded_statements

# psycopg talks to the server without SQLAlchemy, so Greenshift sees the rows that a test leaves, but no statements.
pytestmark = [pytest.mark.usefixtures("async_database"), pytest.mark.db(no_queries_ok=True)]


async def make_user(name: str) -> AsyncUser:
    return await AsyncUser(name=name, email=f"{name}@example.com").insert()


async def make_post(user: AsyncUser, title: str) -> AsyncPost:
    return await AsyncPost(user_id=user.id, title=title, content=f"All about {title}.").insert()


async def test_async_crud_operations() -> None:
    before = datetime.now(UTC)
    user = await AsyncUser(name="Ada", email="ada@example.com", metadata={"theme": "dark", "tags": [1, 2]}).insert()
    assert user.id == 1
    assert abs((user.created_at - before).total_seconds()) < 60

    found = await AsyncUser.get(user.id)
    assert found == user
    assert found is not user
    assert found.metadata == {"theme": "dark", "tags": [1, 2]}

    assert await user.update(name="Ada Lovelace") is user
    user.metadata = {"theme": "light"}
    await user.update()
    found = await AsyncUser.get(user.id)
    assert (found.name, found.email, found.metadata) == ("Ada Lovelace", "ada@example.com", {"theme": "light"})

    other = await make_user("grace")
    assert await AsyncUser.list() == [user, other]
    assert await AsyncUser.list(limit=1, offset=1) == [other]
    assert await AsyncUser.find_by(email="grace@example.com") == [other]
    assert await AsyncUser.find_by(name="Ada Lovelace", email="grace@example.com") == []

    assert await user.delete()
    assert await AsyncUser.get(user.id) is None
    assert await AsyncUser.list() == [other]


async def test_async_batch_operations() -> None:
    names = ["ada", "grace", "edsger", "barbara"]
    users = await AsyncUser.insert_many([AsyncUser(name=name, email=f"{name}@example.com") for name in names])
    assert [user.id for user in users] == [1, 2, 3, 4]
    assert [user.name for user in users] == names
    assert await AsyncUser.list() == users

    assert await AsyncUser.get_many([3, 1, 99, 3]) == [users[0], users[2]]
    with recorded_statements() as statements:
        assert await AsyncUser.get_many([]) == []
        assert await AsyncUser.insert_many([]) == []
    assert statements == []


async def test_async_relationships() -> None:
    ada, grace = await make_user("ada"), await make_user("grace")
    posts = [await make_post(ada, "engines"), await make_post(ada, "numbers")]
    post = await AsyncPost.get(posts[0].id)

    with recorded_statements() as statements:
        assert await post.user == ada
        assert len(statements) == 1
        assert await post.user is await post.user
        assert len(statements) == 1
        assert await ada.posts == posts
        assert await grace.posts == []
        assert len(statements) == 3

    await post.update(user_id=grace.id)
    assert await post.user == grace
    assert await ada.posts == posts
    assert await (await ada.refresh()).posts == posts[1:]


async def test_async_preloading() -> None:
    ada, grace = await make_user("ada"), await make_user("grace")
    for number in range(5):
        await make_post(ada, f"engine {number}")
    await make_post(grace, "compilers")
    admin = await AsyncRole(name="admin").insert()
    await AsyncUserRole(user_id=ada.id, role_id=admin.id).insert()

    with recorded_statements() as statements:
        user = await AsyncUser.get_with_preload(ada.id, ["posts", "user_roles.role"])
        assert len(statements) == 4
        assert [post.title for post in await user.posts] == [f"engine {number}" for number in range(5)]
        assert [await user_role.role for user_role in await user.user_roles] == [admin]
        assert len(statements) == 4

    with recorded_statements() as statements:
        posts = await AsyncPost.list_with_preload(["user.posts"])
        assert len(statements) == 3
        assert [(await post.user).name for post in posts] == ["ada"] * 5 + ["grace"]
        assert [len(await (await post.user).posts) for post in posts] == [5] * 5 + [1]
        assert await posts[0].user is await posts[4].user
        assert len(statements) == 3
    assert [post.id for post in await AsyncPost.list_with_preload(["user"], limit=2, offset=4)] == [5, 6]

    with recorded_statements() as statements:
        (found,) = await AsyncUser.find_by_with_preload(["posts", "user_roles"], name="grace")
        assert [post.title for post in await found.posts] == ["compilers"]
        assert await found.user_roles == []
        assert len(statements) == 3
        assert await AsyncUser.get_with_preload(99, ["posts.user"]) is None
        assert len(statements) == 4


async def test_async_join_table() -> None:
    ada, grace = await make_user("ada"), await make_user("grace")
    admin, editor = await AsyncRole.insert_many([AsyncRole(name="admin"), AsyncRole(name="editor")])
    assigned = await AsyncUserRole.insert_many(
        [AsyncUserRole(user_id=user.id, role_id=role.id) for user in (ada, grace) for role in (admin, editor)]
    )

    found = await AsyncUserRole.get_by_pks(role_id=editor.id, user_id=ada.id)
    assert found == assigned[1]
    assert (await found.user, await found.role) == (ada, editor)
    assert await AsyncUserRole.get((ada.id, editor.id)) == found
    keys = [(grace.id, admin.id), (ada.id, admin.id), (99, 99)]
    assert await AsyncUserRole.get_many(keys) == [assigned[0], assigned[2]]
    assert await AsyncUserRole.find_by(role_id=admin.id) == [assigned[0], assigned[2]]

    later = datetime(2030, 1, 1, tzinfo=UTC)
    await found.update(assigned_at=later)
    assert (await AsyncUserRole.get_by_pks(user_id=ada.id, role_id=editor.id)).assigned_at == later

    assert await AsyncUserRole.delete_by_pks(user_id=ada.id, role_id=editor.id)
    assert not await AsyncUserRole.delete_by_pks(user_id=ada.id, role_id=editor.id)
    assert await AsyncUserRole.get_by_pks(user_id=ada.id, role_id=editor.id) is None
    assert len(await AsyncUserRole.list()) == 3


async def test_async_serialization() -> None:
    created = datetime(2026, 2, 3, 4, 5, 6, 789, tzinfo=UTC)
    user = AsyncUser(name="Ada", email="ada@example.com", created_at=created, metadata={"langs": ["en"]})
    await user.insert()
    post = await make_post(user, "engines")

    values = await user.to_json_dict()
    assert values.keys() == {"id", "name", "email", "created_at", "metadata"}
    assert (values["id"], values["name"], values["metadata"]) == (1, "Ada", {"langs": ["en"]})
    assert datetime.fromisoformat(values["created_at"]) == created
    assert AsyncUser.from_json_dict(values) == user

    values = await (await AsyncUser.get(user.id)).to_json_dict(include=["posts.user"])
    assert [entry["title"] for entry in values["posts"]] == [post.title]
    assert values["posts"][0]["user"] == await user.to_json_dict()
    assert (await post.to_json_dict(include=["user"]))["user"]["email"] == "ada@example.com"


async def test_async_persist_with_id() -> None:
    user = await AsyncUser(id=100, name="Ada", email="ada@example.com").persist()
    assert await AsyncUser.get(100) == user
    assert (await make_user("grace")).id == 101

    again = await AsyncUser(id=100, name="Ada Lovelace", email="ada@example.com").persist()
    assert again.created_at == user.created_at
    assert [found.name for found in await AsyncUser.list()] == ["Ada Lovelace", "grace"]

    # An id behind the sequence does not move it back.
    await AsyncUser(id=50, name="Edsger", email="edsger@example.com").persist()
    assert (await make_user("barbara")).id == 102
    assert (await AsyncUser(name="Alan", email="alan@example.com").persist()).id == 103


async def test_async_transaction(async_database: AsyncDatabaseManager) -> None:
    async with async_database.transaction():
        user = await make_user("ada")
        await make_post(user, "engines")
    assert len(await AsyncUser.list()) == len(await AsyncPost.list()) == 1

    async def fail() -> None:
        async with async_database.transaction():
            await make_user("grace")
            assert len(await AsyncUser.list()) == 2
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await AsyncUser.list() == [user]

    async with async_database.transaction():
        await make_user("edsger")
        raise Rollback
    assert await AsyncUser.list() == [user]

    async with async_database.transaction():
        kept = await make_user("barbara")
        async with async_database.transaction():
            await make_user("alan")
            raise Rollback
        async with async_database.transaction():
            also_kept = await make_user("donald")
    assert await AsyncUser.list() == [user, kept, also_kept]
