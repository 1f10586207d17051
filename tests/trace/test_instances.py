"""Which statement loaded an instance."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import URL, select
from sqlalchemy.exc import MissingGreenlet
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session, defer, joinedload, selectinload
from tree import ASYNC, Branch, Driver, Leaf

from greenshift import trace
from greenshift.trace import Statement
from greenshift.trace.instances import chain_of, follow, source_of


def here() -> int:
    import sys

    return sys._getframe(1).f_lineno


def test_an_instance_knows_the_line_and_the_statement_that_loaded_it(driver: Driver) -> None:
    def work(session: Session) -> None:
        branch = session.scalars(select(Branch)).first()
        line = here() - 1
        source = source_of(branch)
        assert source is not None
        assert source.call_site is not None
        assert (source.call_site.file, source.call_site.line) == (__file__, line)
        assert "FROM trace_branch" in source.sql
        assert chain_of(branch) == ()

    with follow():
        driver.in_session(work)


@pytest.mark.parametrize("option", [None, joinedload(Branch.leaves), selectinload(Branch.leaves)])
def test_what_came_through_a_relationship_knows_the_first_statement_and_the_chain(
    driver: Driver, option: object
) -> None:
    def work(session: Session) -> None:
        statement = select(Branch)
        branch = session.scalars(statement if option is None else statement.options(option)).unique().one()  # type: ignore[arg-type]
        line = here() - 1
        leaf = branch.leaves[0]
        source = source_of(leaf)
        assert source is not None
        assert source is source_of(branch)
        assert source.call_site is not None
        assert source.call_site.line == line
        assert chain_of(leaf) == ((Branch, "leaves"),)

    with follow():
        driver.in_session(work)


def test_each_execution_has_a_number_of_its_own(driver: Driver) -> None:
    def work(session: Session) -> None:
        numbers = []
        for _ in range(2):
            session.expunge_all()
            source = source_of(session.scalars(select(Branch)).one())
            assert source is not None
            numbers.append(source.number)
        assert numbers[0] < numbers[1]

    with follow():
        driver.in_session(work)


def test_get_and_legacy_queries_are_followed_too(driver: Driver) -> None:
    def work(session: Session) -> None:
        assert source_of(session.get(Branch, 100)) is not None
        session.expunge_all()
        assert source_of(session.query(Branch).one()) is not None

    with follow():
        driver.in_session(work)


def test_nobody_following_and_new_instances_have_no_source(driver: Driver) -> None:
    def work(session: Session) -> None:
        assert source_of(session.scalars(select(Branch)).one()) is None
        new = Leaf(branch_id=100)
        session.add(new)
        session.flush()
        assert source_of(new) is None
        assert source_of("no instance") is None
        assert chain_of("no instance") == ()
        session.rollback()

    driver.in_session(work)
    with trace.record():
        driver.in_session(work)


def test_a_lazy_load_says_which_execution_its_parents_came_from(driver: Driver) -> None:
    seen: list[Statement] = []

    def work(session: Session) -> None:
        leaves = session.scalars(select(Leaf).options(defer(Leaf.branch_id))).all()
        source = source_of(leaves[0])
        leaves[0].branch  # noqa: B018
        assert source is not None
        loads = [one.origin for one in seen if one.origin.kind in ("lazy load", "deferred")]
        assert loads
        assert {load.source for load in loads} == {source}

    with follow(), trace.subscribe(seen.append):
        driver.in_session(work)


@pytest.mark.parametrize("name", ASYNC)
def test_loads_outside_the_greenlet_are_told_before_any_io(name: str, urls: dict[str, URL]) -> None:
    loads: list[trace.AttributeLoad] = []
    seen: list[Statement] = []

    def told(load: trace.AttributeLoad) -> None:
        loads.append(load._replace(frame=None))
        raise MissingGreenlet("ours")

    async def main() -> None:
        engine = create_async_engine(urls[name])
        async with AsyncSession(engine) as session:
            branch = (await session.scalars(select(Branch))).one()
            for attribute in ("leaves", "story"):
                with pytest.raises(MissingGreenlet, match="ours"):
                    getattr(branch, attribute)
            session.expire(branch)
            with pytest.raises(MissingGreenlet, match="ours"):
                branch.name  # noqa: B018
            await session.refresh(branch)  # told of nothing: it is awaited
        await engine.dispose()

    with trace.on_load_outside_greenlet(told), trace.subscribe(seen.append):
        asyncio.run(main())
    assert [(load.kind, load.model, load.attribute) for load in loads] == [
        ("lazy load", Branch, "leaves"),
        ("deferred", Branch, "story"),
        ("expired", Branch, "name"),
    ]
    assert [one.origin.kind for one in seen] == ["select", "refresh"]


def test_a_pool_without_a_connection_to_give_is_told_with_its_holders(postgres: Driver) -> None:
    told: list[tuple[object, list[int | None]]] = []

    def timed_out(pool: object, error: BaseException) -> None:
        holders = [info.backend_pid for info in trace.connections.live() if info.pool is pool and info.checked_out]
        told.append((type(error), holders))

    with trace.pool.on_timeout(timed_out):
        engine = postgres.engine(pool_size=1, max_overflow=0, pool_timeout=0.05)
        if postgres.is_async:

            async def main() -> None:
                async with engine.connect():  # type: ignore[union-attr]
                    with pytest.raises(PoolTimeout):
                        await engine.connect()
                await engine.dispose()  # type: ignore[misc]

            asyncio.run(main())
        else:
            with engine.connect(), pytest.raises(PoolTimeout):  # type: ignore[union-attr]
                engine.connect()
    [(kind, holders)] = told
    assert kind is PoolTimeout
    assert len(holders) == 1
    assert holders[0] is not None


def test_the_end_of_a_transaction_says_whether_it_was_committed(driver: Driver) -> None:
    ends: list[bool] = []

    def work(session: Session) -> None:
        session.scalars(select(Branch)).all()
        session.commit()
        session.scalars(select(Branch)).all()
        session.rollback()

    with trace.transactions.on_end(lambda info, committed: ends.append(committed)):
        driver.in_session(work)
    assert ends == [True, False]
