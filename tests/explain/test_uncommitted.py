"""Forgotten commits are noticed, and nothing else is taken for one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import Engine, create_engine, delete, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from greenshift.explain import explain
from greenshift.explain.uncommitted import Uncommitted


class Base(DeclarativeBase):
    pass


class Owner(Base):
    __tablename__ = "owner"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(default="Ada")


class OwnerLog(Base):
    __tablename__ = "owner_log"
    id: Mapped[int] = mapped_column(primary_key=True)


@pytest.fixture
def engine(fresh_url: Callable[[str], str]) -> Iterator[Engine]:
    engine = create_engine(fresh_url("psycopg"))
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def uncommitted(engine: Engine) -> Iterator[Uncommitted]:
    with Uncommitted() as uncommitted:
        yield uncommitted


def read(engine: Engine, model: type[Base] = Owner) -> None:
    with Session(engine) as session:
        session.scalars(select(model)).all()


def test_a_session_left_without_commit_is_noticed(engine: Engine, uncommitted: Uncommitted) -> None:
    with Session(engine) as session:
        session.add(Owner())
        session.flush()
    read(engine)
    [explanation] = uncommitted.explanations()
    assert explanation.kind == "commit forgotten"
    assert [(place.role, place.function) for place in explanation.where] == [
        ("written here", "test_a_session_left_without_commit_is_noticed"),
        ("read here", "read"),
    ]
    assert "left without a commit" in explanation.because
    [edit] = explanation.edits
    assert edit.new.strip() == "session.commit()"


def test_an_open_transaction_is_noticed_whatever_ends_it_later(engine: Engine, uncommitted: Uncommitted) -> None:
    with pytest.raises(AssertionError), Session(engine) as session:
        session.add(Owner())
        session.flush()
        read(engine)
        raise AssertionError
    [explanation] = uncommitted.explanations()
    assert "still open" in explanation.because


def test_a_read_inside_a_begin_block_gets_no_edit(engine: Engine, uncommitted: Uncommitted) -> None:
    with Session(engine) as session, session.begin():
        session.execute(insert(Owner).values(id=1))
        read(engine)
        [explanation] = uncommitted.explanations()
    assert not explanation.edits
    assert not uncommitted.explanations(), "the block has committed"


def test_a_core_connection_without_commit_is_noticed(engine: Engine, uncommitted: Uncommitted) -> None:
    with engine.connect() as connection:
        connection.execute(text("insert into owner (id, name) values (1, 'Ada')"))
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(Owner)) == 0
    [explanation] = uncommitted.explanations()
    assert [edit.new.strip() for edit in explanation.edits] == ["connection.commit()"]


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
def test_an_async_session_left_without_commit_is_noticed(fresh_url: Callable[[str], str], driver: str) -> None:
    async def program(factory: async_sessionmaker[AsyncSession]) -> None:
        async with factory() as session:
            session.add(Owner())
            await session.flush()
        async with factory() as session:
            (await session.scalars(select(Owner))).one()

    [explanation] = in_async(program, fresh_url(driver))
    assert [edit.new.strip() for edit in explanation.edits] == ["await session.commit()"]


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
def test_a_dependency_that_is_not_run_to_its_end_is_noticed(fresh_url: Callable[[str], str], driver: str) -> None:
    async def program(factory: async_sessionmaker[AsyncSession]) -> None:
        async def sessions() -> AsyncIterator[AsyncSession]:
            async with factory() as session:
                yield session

        given = sessions()
        async for session in given:
            session.add(Owner())
            await session.flush()
            break
        await given.aclose()  # type: ignore[attr-defined]
        async with factory() as session:
            (await session.scalars(select(Owner))).one()

    assert len(in_async(program, fresh_url(driver))) == 1


def in_async(program: Callable[[async_sessionmaker[AsyncSession]], object], url: str) -> list[object]:
    async def main() -> list[object]:
        engine = create_async_engine(url)
        try:
            async with engine.begin() as connection:
                await connection.run_sync(Base.metadata.create_all)
            with Uncommitted() as uncommitted:
                try:
                    await program(async_sessionmaker(engine))  # type: ignore[misc]
                except Exception:
                    pass
                return list(uncommitted.explanations())
        finally:
            await engine.dispose()

    return asyncio.run(main())


async def _fails_in_the_block(factory: async_sessionmaker[AsyncSession]) -> None:
    with pytest.raises(ZeroDivisionError):
        async with factory() as session:
            session.add(Owner())
            await session.flush()
            raise ZeroDivisionError
    async with factory() as session:
        (await session.scalars(select(Owner))).all()


async def _fails_in_a_begin_block(factory: async_sessionmaker[AsyncSession]) -> None:
    with pytest.raises(ZeroDivisionError):
        async with factory.begin() as session:
            session.add(Owner())
            await session.flush()
            raise ZeroDivisionError
    async with factory() as session:
        (await session.scalars(select(Owner))).all()


async def _fails_in_a_dependency(factory: async_sessionmaker[AsyncSession]) -> None:
    async def dependency() -> AsyncIterator[AsyncSession]:
        async with factory() as session:
            yield session

    with pytest.raises(ZeroDivisionError):
        async with asynccontextmanager(dependency)() as session:
            session.add(Owner())
            await session.flush()
            raise ZeroDivisionError
    async with factory() as session:
        (await session.scalars(select(Owner))).all()


async def _rolls_back(factory: async_sessionmaker[AsyncSession]) -> None:
    async with factory() as session:
        session.add(Owner())
        await session.flush()
        await session.rollback()
    async with factory() as session:
        (await session.scalars(select(Owner))).all()


async def _commits(factory: async_sessionmaker[AsyncSession]) -> None:
    async with factory() as session:
        session.add(Owner())
        await session.commit()
    async with factory() as session:
        (await session.scalars(select(Owner))).one()


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
@pytest.mark.parametrize(
    "program", [_fails_in_the_block, _fails_in_a_begin_block, _fails_in_a_dependency, _rolls_back, _commits]
)
def test_async_innocents(fresh_url: Callable[[str], str], program: Callable[..., object], driver: str) -> None:
    assert in_async(program, fresh_url(driver)) == []


def _read_before_write(engine: Engine) -> None:
    read(engine)
    with Session(engine) as session:
        session.add(Owner())
        session.flush()


def _committed(engine: Engine) -> None:
    with Session(engine) as session:
        session.add(Owner())
        session.commit()
    read(engine)


def _committed_by_a_block(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(insert(Owner).values(id=1))
    read(engine)


def _rolled_back(engine: Engine) -> None:
    with Session(engine) as session:
        session.add(Owner())
        session.flush()
        session.rollback()
    read(engine)


def _transaction_rolled_back(engine: Engine) -> None:
    with engine.connect() as connection:
        transaction = connection.begin()
        connection.execute(insert(Owner).values(id=1))
        transaction.rollback()
    read(engine)


def _ended_by_an_exception(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError), Session(engine) as session:
        session.add(Owner())
        session.flush()
        raise ZeroDivisionError
    read(engine)


def _block_ended_by_an_exception(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError), Session(engine) as session, session.begin():
        session.add(Owner())
        session.flush()
        raise ZeroDivisionError
    read(engine)


def _statement_failed(engine: Engine) -> None:
    with Session(engine) as session:
        session.execute(insert(Owner).values(id=1))
        with pytest.raises(IntegrityError):
            session.execute(insert(Owner).values(id=1))
    read(engine)


def _savepoint_rolled_back(engine: Engine) -> None:
    with Session(engine) as session:
        savepoint = session.begin_nested()
        session.add(Owner())
        session.flush()
        savepoint.rollback()
    read(engine)


def _savepoint_released_and_committed(engine: Engine) -> None:
    with Session(engine) as session:
        with session.begin_nested():
            session.add(Owner())
        session.commit()
    read(engine)


def _other_table(engine: Engine) -> None:
    with Session(engine) as session:
        session.add(OwnerLog())
        session.flush()
    read(engine)


def _table_whose_name_begins_alike(engine: Engine) -> None:
    with Session(engine) as session:
        session.add(Owner())
        session.flush()
    read(engine, OwnerLog)


def _nothing_updated(engine: Engine) -> None:
    with Session(engine) as session:
        session.execute(update(Owner).where(Owner.id == 7).values(name="Grace"))
        session.execute(delete(Owner).where(Owner.id == 7))
    read(engine)


def _same_session(engine: Engine) -> None:
    with Session(engine) as session:
        session.add(Owner())
        session.flush()
        session.scalars(select(Owner)).one()


def _committed_the_second_time(engine: Engine) -> None:
    with Session(engine) as session:
        session.add(Owner(id=1))
        session.flush()
    with Session(engine) as session:
        session.add(Owner(id=1))
        session.commit()
    read(engine)


def _autocommit(engine: Engine) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(insert(Owner).values(id=1))
    read(engine)


@pytest.mark.parametrize(
    "program",
    [
        _read_before_write,
        _committed,
        _committed_by_a_block,
        _rolled_back,
        _transaction_rolled_back,
        _ended_by_an_exception,
        _block_ended_by_an_exception,
        _statement_failed,
        _savepoint_rolled_back,
        _savepoint_released_and_committed,
        _other_table,
        _table_whose_name_begins_alike,
        _nothing_updated,
        _same_session,
        _committed_the_second_time,
        _autocommit,
    ],
)
def test_innocents(engine: Engine, uncommitted: Uncommitted, program: Callable[[Engine], None]) -> None:
    program(engine)
    assert uncommitted.explanations() == []


def test_what_was_before_a_savepoint_remains(engine: Engine, uncommitted: Uncommitted) -> None:
    with Session(engine) as session:
        session.execute(insert(Owner).values(id=1))
        with session.begin_nested() as savepoint:
            session.execute(insert(OwnerLog).values(id=1))
            savepoint.rollback()
    read(engine, OwnerLog)
    assert uncommitted.explanations() == []
    read(engine)
    assert len(uncommitted.explanations()) == 1


def test_a_sandbox_that_never_commits_is_told_apart(engine: Engine, uncommitted: Uncommitted) -> None:
    with engine.connect() as connection, connection.begin() as outer:
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            session.add(Owner())
            session.commit()
        read(engine)
        [explanation] = uncommitted.explanations()
        outer.rollback()
    assert "savepoint" in explanation.because
    assert "same connection" in explanation.fix
    assert not explanation.edits


def test_the_edit_follows_the_last_write_and_no_savepoint(engine: Engine, uncommitted: Uncommitted) -> None:
    with Session(engine) as session:
        session.add(Owner())
        session.flush()
        session.begin_nested()
        read(engine)
        [explanation] = uncommitted.explanations()
    [edit] = explanation.edits
    assert edit.line == explanation.where[0].line


def test_a_test_that_begins_knows_nothing_of_the_last(engine: Engine, uncommitted: Uncommitted) -> None:
    with Session(engine) as session:
        session.add(Owner())
        session.flush()
    uncommitted.forget()
    read(engine)
    assert uncommitted.explanations() == []


def test_an_exception_carries_what_was_forgotten(engine: Engine, uncommitted: Uncommitted) -> None:
    with Session(engine) as session:
        session.add(Owner())
        session.flush()
    read(engine)
    error = AssertionError("0 == 1")
    assert explain(error) is None
    uncommitted.attach(error)
    explanation = explain(error)
    assert explanation is not None
    assert explanation.kind == "commit forgotten"
