"""The same with asyncio, and what only asyncio has."""

from __future__ import annotations

import asyncio

from library_models import Author, Book, Job, Tag
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import selectinload


async def gathered_tasks(factory: async_sessionmaker[AsyncSession]) -> None:
    assert await asyncio.gather(*[_name(factory, number) for number in (1, 2, 3)])


async def _name(factory: async_sessionmaker[AsyncSession], number: int) -> str | None:
    async with factory() as session:
        return await session.scalar(select(Author.name).where(Author.id == number))


async def gathered_loops_of_one(factory: async_sessionmaker[AsyncSession]) -> None:
    await asyncio.gather(*[_names(factory, [number]) for number in (1, 2, 3)])


async def _names(factory: async_sessionmaker[AsyncSession], numbers: list[int]) -> list[str]:
    async with factory() as session:
        return [(await session.get_one(Author, number)).name for number in numbers]


async def task_group(factory: async_sessionmaker[AsyncSession]) -> None:
    async with asyncio.TaskGroup() as group:
        for number in (1, 2, 3):
            group.create_task(_name(factory, number))


async def single_parent(session: AsyncSession) -> None:
    author = await session.get_one(Author, 1)
    assert len(await author.awaitable_attrs.books) == 2


async def eager_load(session: AsyncSession) -> None:
    for author in await session.scalars(select(Author).options(selectinload(Author.books))):
        assert len(author.books) == 2


async def streamed(session: AsyncSession) -> None:
    seen = 0
    async for book in await session.stream_scalars(select(Book).execution_options(yield_per=2)):
        seen += len(book.title) > 0
    assert seen == 6


async def messages_that_arrive(session: AsyncSession) -> None:
    """A WebSocket's loop: each message is a request of its own."""
    async for number in _messages():
        assert await session.get(Author, number)


async def _messages():
    for number in (1, 2, 3):
        await asyncio.sleep(0)
        yield number


async def worker_of_a_queue(session: AsyncSession) -> None:
    queue: asyncio.Queue[int] = asyncio.Queue()
    for number in (1, 2, 3, 0):
        queue.put_nowait(number)
    while (number := await queue.get()) != 0:
        assert await session.get(Author, number)


async def poll_until_done(session: AsyncSession) -> None:
    for _ in range(4):
        assert await session.scalar(select(Job.state).where(Job.id == 1)) == "new"
        await asyncio.sleep(0)


async def pages_by_key(session: AsyncSession) -> None:
    last = 0
    while books := (await session.scalars(select(Book).where(Book.id > last).order_by(Book.id).limit(2))).all():
        last = books[-1].id
    assert last == 32


async def insert_in_a_loop(session: AsyncSession) -> None:
    for number in range(4):
        tag = Tag(name=f"new {number}")
        session.add(tag)
        await session.commit()
        await session.refresh(tag)


async def merge_in_a_loop(session: AsyncSession) -> None:
    for number in range(1, 5):
        await session.merge(Tag(id=number, name=f"merged {number}"))


async def count_and_page(session: AsyncSession) -> None:
    assert await session.scalar(select(func.count()).select_from(Book)) == 6
    assert (await session.scalars(select(Book).limit(2).offset(2))).all()
