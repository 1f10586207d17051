"""What the server says is read right, from exceptions and from text; look-alikes are left to others."""

from __future__ import annotations

import asyncio
import itertools
import re
import time
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine, ForeignKey, Index, create_engine, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, InvalidRequestError, PendingRollbackError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from greenshift.explain import Witness, explain, explain_text
from greenshift.explain.explanation import Explanation
from greenshift.explain.facts import facts_of


class Base(DeclarativeBase):
    pass


class Owner(Base):
    __tablename__ = "owner"
    id: Mapped[int] = mapped_column(primary_key=True)
    first: Mapped[str] = mapped_column("first_name", default="Ada")
    last: Mapped[str] = mapped_column("last_name", default="Lovelace")
    nick: Mapped[str | None]
    __table_args__ = (Index("owner_name", "first_name", "last_name", unique=True),)


class Account(Base):
    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("owner.id"))


@pytest.fixture
def engine(fresh_url: Callable[[str], str]) -> Iterator[Engine]:
    engine = create_engine(fresh_url("psycopg"))
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(text("CREATE UNIQUE INDEX owner_nick ON owner (lower(nick))"))
    yield engine
    engine.dispose()


def explained(error: BaseException) -> Explanation:
    explanation = explain(error)
    assert explanation is not None
    return explanation


def flushed(engine: Engine, *instances: Base) -> Explanation:
    with Session(engine) as session, pytest.raises(DBAPIError) as raised:
        session.add_all(instances)
        session.commit()
    return explained(raised.value)


def test_two_columns_and_the_attributes_names(engine: Engine) -> None:
    explanation = flushed(engine, Owner(), Owner())
    assert explanation.headline == "Owner.first and Owner.last: the value is taken"
    assert 'index_elements=["first_name", "last_name"]' in explanation.fix


def test_no_value_is_repeated(engine: Engine) -> None:
    explanation = flushed(engine, Owner(nick="Secret"), Owner(nick="secret", first="Grace"))
    assert "lower(nick" in explanation.headline
    assert "ecret" not in str(explanation)


def test_a_taken_primary_key_speaks_of_the_sequence(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(insert(Owner).values(id=1, first_name="Seed", last_name="Seed"))
    explanation = flushed(engine, Owner())
    assert explanation.headline == "Owner.id: the primary key is taken"
    assert "setval(pg_get_serial_sequence('owner', 'id')" in explanation.fix


def test_a_new_row_without_a_value_is_no_lost_parent(engine: Engine) -> None:
    explanation = flushed(engine, Account())
    assert explanation.headline == "Account.owner_id has no value"
    assert "cascade" not in explanation.fix


def test_a_core_insert_is_executed_rather_than_flushed(engine: Engine) -> None:
    with engine.connect() as connection, pytest.raises(IntegrityError) as raised:
        connection.execute(insert(Account).values(owner_id=7))
    explanation = explained(raised.value)
    assert explanation.headline == "account.owner_id refers to a row of owner that is not there"
    assert [place.role for place in explanation.where] == ["executed here"]


def test_the_first_error_of_a_chain_counts(engine: Engine) -> None:
    with Session(engine) as session, pytest.raises(PendingRollbackError) as raised:
        session.add_all([Owner(), Owner()])
        try:
            session.commit()
        except IntegrityError:
            session.scalars(select(Owner)).all()
    explanation = explained(raised.value)
    assert explanation.kind == "transaction already failed"
    assert "duplicate key value" in explanation.because
    assert [place.role for place in explanation.where] == ["used again here", "failed here"]


def test_a_cancelled_statement_is_no_timeout(engine: Engine) -> None:
    with engine.connect() as connection, pytest.raises(DBAPIError) as raised:
        connection.execute(text("DO $$ BEGIN RAISE query_canceled USING MESSAGE = 'canceling on request'; END $$"))
    assert explain(raised.value) is None


def test_a_statement_of_the_users_own_that_was_not_prepared_is_no_pooler(engine: Engine) -> None:
    with engine.connect() as connection, pytest.raises(DBAPIError) as raised:
        connection.execute(text("EXECUTE my_statement"))
    assert explain(raised.value) is None


def test_an_error_without_an_entry_has_no_explanation(engine: Engine) -> None:
    with engine.connect() as connection, pytest.raises(DBAPIError) as raised:
        connection.execute(text("SELECT 1 / 0"))
    assert explain(raised.value) is None


@pytest.mark.parametrize(
    ("turns", "says"),
    [
        (0, "closed in the middle of operation"),
        (2, "another operation (2) is in progress"),
        (None, "connection is closed"),
    ],
    ids=["nothing read", "last message read", "end read"],
)
@pytest.mark.parametrize(("seconds", "idle"), [(0.1, True), (3600, False)])
def test_a_connection_lost_in_mid_transaction_lay_idle_only_if_it_did(
    fresh_url: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
    seconds: float,
    idle: bool,
    turns: int | None,
    says: str,
) -> None:
    """asyncpg says the same of a connection that was closed for another reason; what, is up to the loop's turns."""
    monkeypatch.setattr("greenshift.explain.catalogue.idle_transaction._IDLE_SECONDS", seconds)

    async def main() -> DBAPIError:
        engine = create_async_engine(fresh_url("asyncpg"))
        try:
            async with engine.connect() as connection:
                pid = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar()
                driver = (await connection.get_raw_connection()).driver_connection
                assert driver is not None
                # The loop stands still meanwhile, and reads nothing of it.
                with other.connect() as terminating:
                    time.sleep(0.2)
                    ended = terminating.execute(text("SELECT pg_terminate_backend(:pid, 60000)"), {"pid": pid})
                    assert ended.scalar()
                if turns is None:
                    while not driver.is_closed():
                        await asyncio.sleep(0)
                for _ in range(turns or 0):
                    await asyncio.sleep(0)
                with pytest.raises(DBAPIError, match=re.escape(says)) as raised:
                    await connection.execute(text("SELECT 1"))
                return raised.value
        finally:
            await engine.dispose()

    other = create_engine(fresh_url("psycopg"))
    try:
        with Witness():
            explanation = explain(asyncio.run(main()))
    finally:
        other.dispose()
    assert (explanation is not None and explanation.kind == "idle in transaction") == idle
    if explanation is not None:
        assert "a restart of the server" in explanation.unknown[0]


def test_ages_in_the_facts_can_be_compared(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A computer under load stops between any two looks at the clock, for longer than the ages differ by."""
    looks = itertools.count(time.perf_counter(), 10)
    with Witness(), engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        monkeypatch.setattr(time, "perf_counter", looks.__next__)
        with pytest.raises(DBAPIError) as raised:
            connection.execute(text("SELECT 1 / 0"))
    facts = facts_of(raised.value.orig or raised.value)
    assert facts is not None
    failing = facts.failing
    assert failing is not None
    assert failing.previous_statement is not None
    assert failing.transaction_seconds is not None
    assert failing.held_seconds is not None
    assert failing.previous_statement.seconds_ago < failing.transaction_seconds < failing.held_seconds


def test_a_lock_timeout_without_anybody_else_says_so(engine: Engine, fresh_url: Callable[[str], str]) -> None:
    other = create_engine(fresh_url("psycopg"))
    try:
        with Witness(), other.begin() as elsewhere, engine.connect() as connection:
            elsewhere.execute(text("SELECT 'an open transaction in another database'"))
            with pytest.raises(DBAPIError) as raised:
                connection.execute(text("DO $$ BEGIN RAISE lock_not_available; END $$"))
        explanation = explained(raised.value)
        assert explanation.kind == "lock timeout"
        assert "another database" not in str(explanation)
        assert "no other transaction of this program was open" in explanation.unknown[0]
    finally:
        other.dispose()


def test_text_without_frames_or_detail_is_enough_for_the_kind() -> None:
    [explanation] = explain_text(
        'Traceback (most recent call last):\n  File "/app/main.py", line 3, in save\n    session.commit()\n'
        "sqlalchemy.exc.IntegrityError: (psycopg2.errors.UniqueViolation) duplicate key value violates unique "
        'constraint "owner_name"\n'
        "[SQL: INSERT INTO owner (first_name) VALUES (%(first_name)s)]\n"
    )
    assert explanation.kind == "unique violation"
    assert "owner_name" in explanation.because
    assert [(place.file, place.line) for place in explanation.where] == [("/app/main.py", 3)]


@pytest.mark.parametrize(
    "message",
    [
        "ValueError: the text 'deadlock detected' in a message",
        "RuntimeError: canceling statement due to lock timeout",
        "app.errors.Conflict: duplicate key value violates unique constraint",
    ],
)
def test_messages_of_the_users_own_are_no_errors_of_the_server(message: str) -> None:
    printed = f'Traceback (most recent call last):\n  File "/app/main.py", line 3, in save\n    x()\n{message}\n'
    assert explain_text(printed) == []


def test_an_error_in_the_handler_of_a_violation_is_the_one_explained(engine: Engine) -> None:
    """What arrives counts, not what was being handled."""
    with Session(engine) as first, Session(engine) as second:
        owner = Owner(id=1)
        first.add(owner)
        first.commit()
        with pytest.raises(InvalidRequestError) as raised:
            try:
                with engine.begin() as connection:
                    connection.execute(insert(Owner).values(id=1))
            except IntegrityError:
                second.add(owner)
    assert explained(raised.value).kind == "object already attached"


def test_a_violation_that_was_wrapped_is_still_explained(engine: Engine) -> None:
    def save() -> None:
        try:
            with engine.begin() as connection:
                connection.execute(insert(Account).values(owner_id=7))
        except IntegrityError as error:
            raise ValueError("no such owner") from error

    with pytest.raises(ValueError, match="no such owner") as raised:
        save()
    explanation = explained(raised.value)
    assert explanation.kind == "foreign key violation"
    assert explanation.where[0].code == "connection.execute(insert(Account).values(owner_id=7))"
