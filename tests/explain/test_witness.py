"""The witness notes what is known at the moment of a failure, and keeps nothing of the application's alive."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Callable

import pytest
from sqlalchemy import ForeignKey, create_engine, select, text
from sqlalchemy.exc import IntegrityError, MissingGreenlet, NoResultFound
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from greenshift import trace
from greenshift.explain import ExplainedMissingGreenlet, Explanation, Place, Witness
from greenshift.explain.facts import facts_of


class Base(DeclarativeBase):
    pass


class Owner(Base):
    __tablename__ = "owner"
    id: Mapped[int] = mapped_column(primary_key=True)


class Account(Base):
    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("owner.id"))
    owner: Mapped[Owner] = relationship()


@pytest.fixture
def url(fresh_url: Callable[[str], str]) -> str:
    url = fresh_url("psycopg")
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Account(id=1, owner=Owner(id=1)))
        session.commit()
    engine.dispose()
    return url


def insert_twice(url: str) -> IntegrityError:
    engine = create_engine(url)
    with Session(engine) as session, pytest.raises(IntegrityError) as raised:
        session.add(Owner(id=1))
        session.flush()
    engine.dispose()
    return raised.value


def test_an_error_of_the_database_carries_its_statement_line_and_connection(url: str) -> None:
    with Witness():
        error = insert_twice(url)
    assert error.orig is not None
    facts = facts_of(error.orig)
    assert facts is not None
    assert facts.statement is not None
    assert facts.statement.sql.startswith("INSERT INTO owner")
    assert facts.statement.call_site is not None
    assert facts.statement.call_site.function == "insert_twice"
    assert facts.failing is not None
    assert facts.failing.checked_out
    assert facts.failing.transaction_seconds is not None


def test_without_a_witness_nothing_is_listened_to_and_nothing_is_carried(url: str) -> None:
    assert not trace.active()
    error = insert_twice(url)
    assert error.orig is not None
    assert facts_of(error.orig) is None


def test_swallowed_errors_are_explained_once_each_and_forgotten(url: str) -> None:
    with Witness() as witness:
        insert_twice(url)
        insert_twice(url)
        kinds = [explanation.kind for explanation in witness.explanations()]
        assert kinds == ["unique violation"]
        witness.forget()
        assert witness.explanations() == []


def test_each_explained_error_is_told_as_it_happens(url: str) -> None:
    told = []
    with Witness(saw=told.append):
        insert_twice(url)
    assert [explanation.kind for explanation in told] == ["unique violation"]


def test_what_was_seen_keeps_no_session_and_no_error_alive(url: str) -> None:
    class Marker:
        pass

    def fail() -> weakref.ref[Marker]:
        marker = Marker()  # a variable in the frames of the error
        engine = create_engine(url)
        try:
            with engine.connect() as connection:
                connection.execute(text("select 1/0"))
        except Exception:  # swallowed, as applications do
            pass
        engine.dispose()
        return weakref.ref(marker)

    with Witness() as witness:
        reference = fail()
        gc.collect()
        assert reference() is None
        witness.explanations()


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
def test_an_attribute_that_cannot_load_raises_one_error_for_both_drivers(url: str, driver: str) -> None:
    async def main() -> MissingGreenlet:
        engine = create_async_engine(url.replace("psycopg", driver), pool_pre_ping=True)
        async with AsyncSession(engine) as session:
            account = (await session.scalars(select(Account))).one()
            with pytest.raises(MissingGreenlet) as raised:
                account.owner  # noqa: B018
            # Raised before any IO: the connection goes on.
            assert await session.scalar(select(Account.id)) == 1
        await engine.dispose()
        return raised.value

    with Witness() as witness:
        error = asyncio.run(main())
    assert isinstance(error, ExplainedMissingGreenlet)
    assert error.explanation is not None
    assert error.explanation.kind == "lazy relationship"
    assert "selectinload(Account.owner)" in str(error) or "joinedload(Account.owner)" in str(error)
    assert witness.explanations() == [error.explanation]


def test_an_error_without_an_event_is_seen_though_it_is_swallowed(url: str) -> None:
    engine = create_engine(url)
    with Witness() as witness:
        with Session(engine) as session:
            account = session.scalars(select(Account)).one()
        try:
            account.owner  # noqa: B018
        except Exception:  # swallowed, as Pydantic and error handlers do
            pass
        [explanation] = witness.explanations()
    engine.dispose()
    assert explanation.kind == "detached instance"
    assert "Account.owner" in explanation.headline
    assert {place.role for place in explanation.where} >= {"read here", "loaded here"}


def test_errors_that_are_ordinary_answers_are_not_seen(url: str) -> None:
    engine = create_engine(url)
    with Witness() as witness, Session(engine) as session:
        with pytest.raises(NoResultFound):
            session.scalars(select(Account).where(Account.id == -1)).one()
        assert witness.explanations() == []
    engine.dispose()


def test_a_pool_that_is_exhausted_names_its_holders(url: str) -> None:
    engine = create_engine(url, pool_size=1, max_overflow=0, pool_timeout=0.05)
    other = create_engine(url)
    with Witness(), engine.connect() as holder, other.connect():
        holder.execute(text("select 1"))
        with pytest.raises(PoolTimeout) as raised:
            engine.connect()
    engine.dispose()
    other.dispose()
    facts = facts_of(raised.value)
    assert facts is not None
    [held] = facts.holders
    assert held.held_by is not None
    assert held.held_by.file == __file__
    assert held.last_statement is not None
    assert held.last_statement.sql == "select 1"


def test_one_error_is_known_again_by_its_kind_and_a_line() -> None:
    place, other = Place("a.py", 1, "loaded here"), Place("a.py", 2, "read here")
    noted = Explanation("lazy relationship", "A.b", "", (place,))
    assert noted.is_same_error_as(Explanation("lazy relationship", "A.b, read later", "", (other, place)))
    assert noted.is_same_error_as(Explanation("lazy relationship", "a relationship", ""))
    assert not noted.is_same_error_as(Explanation("lazy relationship", "A.c", "", (other,)))
    assert not noted.is_same_error_as(Explanation("deferred column", "A.b", "", (place,)))
