"""Where only the async models could go wrong: tasks, gathered and nested contexts, cancellation."""

from __future__ import annotations

import asyncio

import pytest
from psycopg.errors import NotNullViolation, UniqueViolation

from blog.async_models import AsyncPost, AsyncRole, AsyncUser, AsyncUserRole
from records import AsyncDatabaseManager, RecordNotFoundError, Rollback, recorded_statements

pytestmark = [pytest.mark.usefixtures("async_database"), pytest.mark.db(no_queries_ok=True)]


async def make_user(name: str) -> AsyncUser:
    return await AsyncUser(name=name, email=f"{name}@example.com").insert()


async def names() -> list[str]:
    return sorted(user.name for user in await AsyncUser.list())


async def test_nulls_missing_and_duplicates() -> None:
    ada = await make_user("ada")
    assert await AsyncUser.find_by(metadata=None) == [ada]
    assert await AsyncUser.get(99) is None
    assert await AsyncPost(user_id=99, title="").user is None
    assert await AsyncUser(name="new").posts == []
    with pytest.raises(NotNullViolation):
        await ada.update(email=None)
    with pytest.raises(UniqueViolation):
        await AsyncUser.insert_many([AsyncUser(name=name, email=f"{name}@example.com") for name in ("grace", "ada")])
    with pytest.raises(UniqueViolation):
        await make_user("ada")
    assert await names() == ["ada"]
    same = await AsyncUser.get(ada.id)
    assert await ada.delete()
    assert not await same.delete()
    with pytest.raises(RecordNotFoundError):
        await AsyncUser(id=ada.id, name="late").update()


async def test_duplicate_composite_keys() -> None:
    user, role = await make_user("ada"), await AsyncRole(name="admin").insert()
    first = await AsyncUserRole(user_id=user.id, role_id=role.id).insert()
    with pytest.raises(UniqueViolation):
        await AsyncUserRole(user_id=user.id, role_id=role.id).insert()
    assert await AsyncUserRole(user_id=user.id, role_id=role.id).persist() == first


async def test_nested_rollback(async_database: AsyncDatabaseManager) -> None:
    async with async_database.transaction():
        await make_user("ada")
        with pytest.raises(UniqueViolation):
            async with async_database.transaction():
                await make_user("ada")
        async with async_database.transaction():
            await make_user("grace")
            async with async_database.transaction():
                await make_user("edsger")
            raise Rollback
        assert await names() == ["ada"]
    assert await names() == ["ada"]
    async with async_database.transaction():
        async with async_database.transaction():
            await make_user("barbara")
        raise Rollback
    assert await names() == ["ada"]


async def test_concurrent_tasks_stay_apart(async_database: AsyncDatabaseManager) -> None:
    barrier = asyncio.Barrier(4)

    async def work(name: str, keep: bool) -> None:
        async with async_database.transaction():
            await make_user(name)
            await barrier.wait()
            assert await names() == [name]
            async with async_database.transaction():
                await make_user(f"{name}'s savepoint")
                await barrier.wait()
                raise Rollback
            await barrier.wait()
            assert await names() == [name]
            await barrier.wait()
            if not keep:
                raise Rollback

    await asyncio.gather(*(work(f"user {number}", keep=number % 2 == 0) for number in range(4)))
    assert await names() == ["user 0", "user 2"]


async def test_a_task_started_inside_a_transaction_is_outside_of_it(async_database: AsyncDatabaseManager) -> None:
    async with async_database.transaction():
        await make_user("ada")
        task = asyncio.create_task(names())
        assert await task == []
        others = await asyncio.gather(make_user("grace"), make_user("edsger"))
        raise Rollback
    assert await names() == sorted(other.name for other in others) == ["edsger", "grace"]


async def test_another_transaction_does_not_see_it(async_database: AsyncDatabaseManager) -> None:
    async with async_database.transaction() as outer:
        await make_user("ada")
        async with async_database.transaction(separate=True):
            assert await names() == []
            with async_database.using(outer):
                assert await names() == ["ada"]
            await make_user("grace")
        raise Rollback
    assert await names() == ["grace"]


async def test_cancellation_undoes_the_transaction(async_database: AsyncDatabaseManager) -> None:
    inserted = asyncio.Event()

    async def work() -> None:
        async with async_database.transaction():
            await make_user("ada")
            inserted.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(work())
    await inserted.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await names() == []


async def test_relationships_are_loaded_by_many_tasks_at_once() -> None:
    users = [await make_user(f"user {number}") for number in range(3)]
    await AsyncPost.insert_many([AsyncPost(user_id=user.id, title=user.name, content="") for user in users])
    posts = await AsyncPost.list()

    async def owner(post: AsyncPost) -> AsyncUser:
        return await post.user

    with recorded_statements() as statements:
        assert await asyncio.gather(*(owner(post) for post in posts)) == users
    assert len(statements) == 3
