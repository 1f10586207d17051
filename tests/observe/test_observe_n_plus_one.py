"""Attributes that are loaded one by one, counted by line."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from observed import Order, OrderLine, only
from sqlalchemy import URL, Engine, select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session, selectinload

from greenshift import observe, trace


def read_lines(session: Session) -> int:
    return sum(len(order.lines) for order in session.scalars(select(Order)))


@pytest.mark.parametrize("full", [False, True], ids=["alone", "while all is traced"])
def test_a_line_that_loads_one_by_one_is_found(make_engine: Callable[..., Engine], full: bool) -> None:
    engine = make_engine()
    recording = trace.record()
    if full:
        recording.start()
    with observe.install(engine) as observer:
        for _ in range(2):
            with Session(engine) as session:
                assert read_lines(session) == 14
        state = only(observer)
    recording.stop()
    assert state.n_plus_one_count == 2
    (site,) = state.n_plus_one
    assert (site.attribute, site.kind) == ("Order.lines", "lazy load")
    assert site.call_site is not None
    assert "test_observe_n_plus_one.py" in site.call_site
    assert " in read_lines" in site.call_site
    assert (site.occurrences, site.statements, site.most) == (2, 14, 7)


def test_deferred_attributes_count_as_well(make_engine: Callable[..., Engine]) -> None:
    engine = make_engine()
    with observe.install(engine) as observer, Session(engine) as session:
        assert {order.note for order in session.scalars(select(Order))} == {"x"}
        (site,) = only(observer).n_plus_one
    assert (site.attribute, site.kind, site.statements) == ("Order.note", "deferred", 7)


def test_what_is_loaded_together_is_none(make_engine: Callable[..., Engine]) -> None:
    engine = make_engine()
    with observe.install(engine) as observer:
        with Session(engine) as session:
            orders = session.scalars(select(Order).options(selectinload(Order.lines))).all()
            assert {len(order.lines) for order in orders} == {2}
            # The many-to-one side comes from the session.
            assert {line.order.id for line in session.scalars(select(OrderLine))} == set(range(1, 8))
        state = only(observer)
    assert state.n_plus_one_count == 0
    assert state.n_plus_one == ()


def test_a_few_and_other_transactions_are_none(make_engine: Callable[..., Engine]) -> None:
    engine = make_engine()
    with observe.install(engine) as observer:
        for number in range(1, 8):
            with Session(engine) as session:
                assert len(session.get_one(Order, number).lines) == 2
        with engine.connect() as connection, Session(connection) as session:
            for number in range(1, 8):
                assert len(session.get_one(Order, number).lines) == 2
                session.commit()
        with Session(engine) as session:
            for order in session.scalars(select(Order).limit(2)):
                assert len(order.lines) == 2
        assert only(observer).n_plus_one_count == 0


def test_the_same_instance_again_and_again_is_none(make_engine: Callable[..., Engine]) -> None:
    engine = make_engine()
    with observe.install(engine) as observer, Session(engine) as session:
        order = session.get_one(Order, 1)
        for _ in range(10):
            assert len(order.lines) == 2
            session.expire(order, ["lines"])
        assert only(observer).n_plus_one_count == 0


def test_awaited_attributes_of_an_async_session(observed_url: URL) -> None:
    async def main() -> observe.EngineState:
        engine = create_async_engine(observed_url.set(drivername="postgresql+asyncpg"))
        with observe.install(engine) as observer:
            async with AsyncSession(engine) as session:
                for order in (await session.scalars(select(Order))).all():
                    await session.run_sync(lambda _, order=order: order.lines)
            state = only(observer)
        await engine.dispose()
        return state

    state = asyncio.run(main())
    assert state.n_plus_one_count == 1
    assert state.n_plus_one[0].statements == 7


def test_a_statement_that_begins_as_something_else_is_found_later(make_engine: Callable[..., Engine]) -> None:
    """The stack of a statement that reading did not cause is looked at again only now and then."""
    engine = make_engine()
    with observe.install(engine) as observer, Session(engine) as session:
        for _ in range(40):
            session.execute(select(Order.id))
        assert read_lines(session) == 14
        assert only(observer).n_plus_one_count == 1


def test_it_can_be_left_out(make_engine: Callable[..., Engine]) -> None:
    engine = make_engine()
    with observe.install(engine, n_plus_one=False) as observer, Session(engine) as session:
        read_lines(session)
        assert only(observer).n_plus_one_count == 0
