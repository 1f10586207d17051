"""The same session under asyncio: by `sync_session_class`, on asyncpg."""

from __future__ import annotations

import asyncio

from conftest import Sent, reached
from greenshift.postgres import ReplicaServer
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import selectinload

from board.models import Article, Author
from routing import LastWrite, RoutingSession

MakeAsyncSession = async_sessionmaker[AsyncSession]


def routing(session: AsyncSession) -> RoutingSession:
    assert isinstance(session.sync_session, RoutingSession)
    return session.sync_session


async def test_reads_and_writes(make_async_session: MakeAsyncSession, async_sent: Sent, article: int) -> None:
    async with make_async_session() as session:
        found = await session.get_one(Article, article, options=[selectinload(Article.comments)])
        assert found.comments[0].text == "Nice"
        await session.refresh(found)
        assert [row async for row in await session.stream(select(Article.id))] == [(article,)]
        assert set(async_sent()) == {"replica"}
        found.votes = 5
        assert (await session.scalars(select(Article.votes))).all() == [5]
        assert async_sent() == ["primary"] * 2
        await session.commit()
        await session.get(Article, article, with_for_update=True)
        assert async_sent() == ["primary"]


async def test_the_session_sees_what_it_wrote(
    make_async_session: MakeAsyncSession, async_sent: Sent, replica: ReplicaServer
) -> None:
    last_write = LastWrite()
    with replica.paused():
        async with make_async_session(last_write=last_write) as session, session.begin():
            await session.execute(insert(Author).values(name="Grace"))
            before = reached(replica)
        assert last_write.position is not None
        assert last_write.position > before
        async_sent()
        async with make_async_session(last_write=last_write) as session:
            assert len((await session.scalars(select(Author))).all()) == 2
            assert async_sent() == ["primary"]
        async with make_async_session() as session:
            assert len((await session.scalars(select(Author))).all()) == 1
            assert async_sent() == ["replica"]
    replica.wait_for()
    async with make_async_session(last_write=last_write) as session:
        assert len((await session.scalars(select(Author))).all()) == 2
        assert async_sent() == ["replica"]


async def test_many_tasks_at_once(
    make_async_session: MakeAsyncSession, async_sent: Sent, replica: ReplicaServer
) -> None:
    async def register(number: int) -> bool:
        last_write = LastWrite()
        async with make_async_session(last_write=last_write) as session:
            session.add(Author(name=f"author {number}"))
            await session.commit()
        async with make_async_session(last_write=last_write) as session:
            return await session.scalar(select(Author.id).where(Author.name == f"author {number}")) is not None

    # Wherever they read, none misses its own write; the replica replays meanwhile.
    assert all(await asyncio.gather(*(register(number) for number in range(40))))
    assert set(async_sent("INSERT")) == {"primary"}
