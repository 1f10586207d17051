from __future__ import annotations

import asyncio
import gc
import threading
import time

import pytest
from shared_library import Author, Book
from sqlalchemy import event, func, insert, select, text
from sqlalchemy.exc import IntegrityError, MissingGreenlet
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import Session, selectinload

from greenshift.testing.shared_connection import SharedTransactionError

COUNT = select(func.count()).select_from(Author)


def test_both_sides_read_what_the_other_commits(engine, async_engine, outside):
    async def use() -> None:
        async with AsyncSession(async_engine) as session:
            assert (await session.scalars(select(Author.name))).all() == ["sync"]
            session.add(Author(name="async"))
            await session.commit()

    with Session(engine) as session:
        session.add(Author(name="sync"))
        session.commit()
    asyncio.run(use())
    with Session(engine) as session:
        assert session.scalars(select(Author.name).order_by(Author.id)).all() == ["sync", "async"]
    assert outside("SELECT count(*) FROM author") == [(0,)]


def test_sessions_of_both_sides_stay_open_beside_each_other(engine, async_engine):
    async def use() -> None:
        async with AsyncSession(async_engine) as there:
            with Session(engine) as here:
                here.add(Author(name="one"))
                here.commit()
                assert await there.scalar(COUNT) == 1
                there.add(Author(name="two"))
                await there.commit()
                assert here.scalar(COUNT) == 2
                here.add(Author(name="undone"))
                here.flush()
                assert await there.scalar(COUNT) == 3, "uncommitted rows are seen: it is one transaction"
                here.rollback()
                assert await there.scalar(COUNT) == 2

    asyncio.run(use())


def test_one_engine_serves_several_loops_and_threads(async_engine):
    async def add(name: str) -> None:
        async with AsyncSession(async_engine) as session:
            session.add(Author(name=name))
            await session.commit()

    for number in range(3):
        asyncio.run(add(f"loop {number}"))
    threads = [
        threading.Thread(target=lambda number=number: asyncio.run(add(f"thread {number}"))) for number in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    async def count() -> int | None:
        async with async_engine.connect() as connection:
            return await connection.scalar(COUNT)

    assert asyncio.run(count()) == 6


def test_nested_refresh_lazy_loads_and_run_sync(async_engine):
    async def use() -> None:
        factory = async_sessionmaker(async_engine, expire_on_commit=False)
        async with factory() as session:
            author = Author(name="Ada", books=[Book(title="Notes")])
            session.add(author)
            await session.commit()
            with pytest.raises(IntegrityError):
                async with session.begin_nested():
                    session.add(Author(name="Ada"))
                    await session.flush()
            async with session.begin_nested():
                session.add(Author(name="Grace"))
            await session.commit()
            await session.refresh(author, ["books"])
            assert [book.title for book in author.books] == ["Notes"]
        async with factory() as session:
            author = (await session.scalars(select(Author).where(Author.name == "Ada"))).one()
            with pytest.raises(MissingGreenlet):
                _ = author.books
            assert await session.run_sync(lambda _: [book.title for book in author.books]) == ["Notes"]
            loaded = await session.scalars(select(Author).options(selectinload(Author.books)).order_by(Author.id))
            assert [len(author.books) for author in loaded] == [1, 0]
            connection = await session.connection()
            assert (await connection.scalar(COUNT)) == 2

    asyncio.run(use())


def test_streams_and_many_rows(async_engine):
    async def use() -> None:
        async with async_engine.begin() as connection:
            await connection.execute(insert(Author), [{"name": f"{number:03}"} for number in range(250)])
            rows = await connection.execute(
                insert(Book).returning(Book.id, sort_by_parameter_order=True), [{"title": "a"}, {"title": "b"}]
            )
            assert len(rows.all()) == 2
        async with async_engine.connect() as connection:
            result = await connection.stream(select(Author.name).order_by(Author.name))
            found = []
            async for row in result:
                found.append(row.name)
                if len(found) == 100:
                    async with async_engine.begin() as other:
                        await other.execute(insert(Author), {"name": "late"})
            assert found == [f"{number:03}" for number in range(250)]
            await result.close()
            assert (await connection.execute(text("SELECT name FROM pg_cursors"))).all() == []
        async with AsyncSession(async_engine) as session:
            partial = await session.stream_scalars(select(Author).order_by(Author.id))
            assert (await partial.first()).name == "000"

    asyncio.run(use())


def test_autocommit_and_errors(async_engine):
    async def use() -> None:
        async with async_engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            await connection.execute(insert(Author), {"name": "Ada"})
            with pytest.raises(IntegrityError):
                await connection.execute(insert(Author), {"name": "Ada"})
            assert await connection.scalar(COUNT) == 1
        async with AsyncSession(async_engine) as session:
            session.add(Author(name="Ada"))
            with pytest.raises(IntegrityError):
                await session.commit()
            await session.rollback()
            assert await session.scalar(COUNT) == 1
            session.add(Book(title="Orphan", author_id=4711))
            await session.flush()
            with pytest.raises(IntegrityError, match="book_author_id_fkey"):
                await session.commit()

    asyncio.run(use())


def test_tasks_beside_each_other(async_engine):
    async def add(number: int) -> None:
        async with AsyncSession(async_engine) as session:
            session.add(Author(name=f"task {number}"))
            await session.commit()

    async def use() -> int | None:
        await asyncio.gather(*(add(number) for number in range(20)))
        async with async_engine.connect() as connection:
            return await connection.scalar(COUNT)

    assert asyncio.run(use()) == 20


def test_a_rollback_between_tasks_that_cannot_be_done_is_refused(async_engine, shared):
    async def use() -> None:
        async with AsyncSession(async_engine) as first, AsyncSession(async_engine) as second:
            first.add(Author(name="first"))
            await first.flush()
            second.add(Author(name="second"))
            await second.commit()
            with pytest.raises(SharedTransactionError):
                await first.rollback()

    asyncio.run(use())
    assert len(shared.rollback().problems) == 1


def test_the_loop_goes_on_while_a_statement_runs(async_engine):
    async def use() -> int:
        ticks = 0
        async with async_engine.connect() as connection:
            sleeping = asyncio.ensure_future(connection.execute(text("SELECT pg_sleep(0.2)")))
            while not sleeping.done():
                await asyncio.sleep(0.01)
                ticks += 1
            await sleeping
        return ticks

    assert asyncio.run(use()) > 5


def test_a_cancelled_statement_is_cancelled_on_the_server(async_engine):
    async def use() -> list[str]:
        started = time.perf_counter()
        with pytest.raises(asyncio.TimeoutError):
            async with AsyncSession(async_engine) as session:
                session.add(Author(name="lost"))
                await session.flush()
                await asyncio.wait_for(session.execute(text("SELECT pg_sleep(30)")), 0.1)
        async with AsyncSession(async_engine) as session:
            session.add(Author(name="kept"))
            await session.commit()
            assert time.perf_counter() - started < 5
            return list(await session.scalars(select(Author.name)))

    assert asyncio.run(use()) == ["kept"]


def test_io_outside_the_greenlet_is_refused_before_it_starts(async_engine):
    async def use() -> int | None:
        async with async_engine.connect() as connection:
            with pytest.raises(MissingGreenlet):
                connection.sync_connection.execute(insert(Author), {"name": "never"})
        async with async_engine.connect() as connection:
            return await connection.scalar(COUNT)

    assert asyncio.run(use()) == 0


@pytest.mark.filterwarnings("ignore:The garbage collector is trying to clean up")
def test_a_session_that_is_never_closed_holds_nothing_up(async_engine, engine):
    async def leak() -> None:
        session = AsyncSession(async_engine)
        session.add(Author(name="leaked"))
        await session.flush()

    asyncio.run(leak())
    gc.collect()
    with Session(engine) as session:
        assert session.scalar(COUNT) == 0


def test_events_go_to_the_sync_engine(async_engine):
    seen = []
    event.listen(async_engine.sync_engine, "before_cursor_execute", lambda *args: seen.append(args[2]))

    async def use() -> None:
        async with async_engine.connect() as connection:
            await connection.execute(text("SELECT 42"))
            raw = await connection.get_raw_connection()
            assert raw.driver_connection.info.backend_pid > 0

    asyncio.run(use())
    assert "SELECT 42" in seen
