"""Statements timed at hardly any cost."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, Engine, exc, select, text
from sqlalchemy.orm import Session
from tree import Branch, Driver

from greenshift import trace
from greenshift.trace.installation import installation


class Ended:
    """What the callback was given, and what it found around it."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.seconds: list[float] = []
        self.errors: list[BaseException | None] = []
        self.origins: list[str] = []
        self.sites: list[str] = []

    def __call__(self, context: Any, sql: str, seconds: float, error: BaseException | None) -> None:
        self.texts.append(sql)
        self.seconds.append(seconds)
        self.errors.append(error)
        site, origin = trace.executions.look_around(context)
        self.origins.append(str(origin))
        self.sites.append("" if site is None else site.function)


def test_every_statement_is_timed(driver: Driver) -> None:
    ended = Ended()

    def step(connection: Connection) -> None:
        connection.execute(text("SELECT 1"))
        connection.exec_driver_sql("SELECT 2")
        connection.execute(text("UPDATE trace_leaf SET branch_id = branch_id WHERE id = :id"), [{"id": 1}, {"id": 2}])
        connection.rollback()

    engine = driver.engine()
    with trace.executions.on_end(ended):
        driver.connected(step, engine=engine)
    assert [sql.split()[0] for sql in ended.texts] == ["SELECT", "SELECT", "UPDATE"]
    assert all(0 < seconds < 60 for seconds in ended.seconds)
    assert ended.origins == ["text", "driver", "text"]
    assert all(site.endswith("step") for site in ended.sites)
    assert ended.errors == [None, None, None]


def test_errors_are_told_and_raised(driver: Driver) -> None:
    ended = Ended()

    def step(connection: Connection) -> None:
        with pytest.raises(exc.DBAPIError):
            connection.execute(text("SELECT nothing_of_that_name"))
        connection.rollback()
        assert connection.scalar(text("SELECT 42")) == 42

    with trace.executions.on_end(ended):
        driver.connected(step)
    assert "nothing_of_that_name" in str(ended.errors[0])
    assert ended.errors[1] is None


def test_attribute_loads_are_told_apart(driver: Driver) -> None:
    found: list[tuple[str, Any] | None] = []

    def ended(context: Any, sql: str, seconds: float, error: BaseException | None) -> None:
        read = trace.executions.attribute_read(context)
        found.append(None if read is None else (str(read[1]), read[1].parent))

    def work(session: Session) -> None:
        branch = session.get_one(Branch, 100)
        leaf = branch.leaves[0]
        session.expire(leaf)
        _ = leaf.branch_id
        _ = branch.story

    with trace.executions.on_end(ended):
        driver.in_session(work)
    assert found[0] is None
    assert [one[0] for one in found[1:] if one] == [
        "lazy load of Branch.leaves",
        "expired of Leaf.branch_id",
        "deferred of Branch.story",
    ]
    parents = [one[1] for one in found[1:] if one]
    assert parents[0] == parents[2] != parents[1]


def test_the_rest_of_tracing_stays_off(engine: Engine) -> None:
    with trace.executions.on_end(Ended()), trace.pool_use.on_taken(lambda *_: None):
        assert trace.active()
        assert not installation.active
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
        assert list(engine.dispatch.before_cursor_execute) == []
        with trace.record() as recording, Session(engine) as session:
            session.scalars(select(Branch)).all()
        assert len(recording.statements) == 1
    assert not trace.active()
    assert list(engine.dialect.dispatch.do_execute) == []


def test_a_callback_that_fails_breaks_nothing(driver: Driver, caplog: pytest.LogCaptureFixture) -> None:
    def broken(*_: Any) -> None:
        raise ValueError("a broken callback")

    with trace.executions.on_end(broken):
        assert driver.connected(lambda connection: connection.scalar(text("SELECT 42"))) == [42]
    assert caplog.text.count("ValueError: a broken callback") == 1
