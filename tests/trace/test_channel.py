"""Subscribing, recording, and what is left when nobody listens."""

from __future__ import annotations

import logging
import threading

import pytest
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.orm import Session, sessionmaker
from tree import Branch

from greenshift import trace
from greenshift.trace.installation import connecting_installation, installation, pool_installation


def query(engine: Engine, sql: str = "SELECT 1") -> None:
    with engine.connect() as connection:
        connection.execute(text(sql))


def listened() -> list[bool]:
    listeners = [*installation._listeners, *connecting_installation._listeners, *pool_installation._listeners]
    return [event.contains(listener.target, listener.identifier, listener.function) for listener in listeners]


def test_nothing_listens_unless_somebody_is_subscribed() -> None:
    assert not trace.active()
    assert len(listened()) > 10
    assert not any(listened())
    first = trace.subscribe(lambda statement: None)
    second = trace.pool.on_checkout(lambda info, connection: None)
    assert trace.active()
    assert all(listened())
    first.close()
    assert all(listened())
    second.close()
    second.close()
    assert not trace.active()
    assert not any(listened())


def test_off_again_sqlalchemy_calls_nothing_of_ours(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    with trace.record() as recording, Session(engine) as session:
        session.get(Branch, 100)
    assert len(recording.statements) == 1
    for collection in (
        engine.dispatch.before_cursor_execute,
        engine.dispatch.after_cursor_execute,
        engine.dispatch.begin,
        engine.dialect.dispatch.handle_error,
        engine.dialect.dispatch.do_connect,
        engine.pool.dispatch.checkout,
        engine.pool.dispatch.checkin,
        session.dispatch.do_orm_execute,
        session.dispatch.after_begin,
    ):
        assert list(collection) == []
    query(engine)
    assert len(recording.statements) == 1


def test_recordings_nest(engine: Engine) -> None:
    with trace.record() as outer:
        query(engine, "SELECT 1")
        with trace.record() as inner:
            query(engine, "SELECT 2")
        query(engine, "SELECT 3")
    assert [statement.sql for statement in inner.statements] == ["SELECT 2"]
    assert [statement.sql for statement in outer.statements] == ["SELECT 1", "SELECT 2", "SELECT 3"]
    assert len(outer) == 3


def test_recording_may_be_stopped_twice_cleared_and_used_again(engine: Engine) -> None:
    recording = trace.record()
    recording.start().start()
    query(engine)
    recording.stop()
    recording.stop()
    query(engine)
    assert len(recording) == 1
    recording.clear()
    with recording:
        query(engine, "SELECT 2")
    assert [statement.sql for statement in recording.statements] == ["SELECT 2"]


def test_recording_sees_all_threads_while_others_come_and_go(engine: Engine) -> None:
    stop = threading.Event()
    problems: list[BaseException] = []

    def come_and_go() -> None:
        try:
            while not stop.is_set():
                with trace.record() as recording:
                    query(engine, "SELECT 'other'")
                assert recording.statements
        except BaseException as error:
            problems.append(error)

    with trace.record() as whole:
        threads = [threading.Thread(target=come_and_go) for _ in range(3)]
        for thread in threads:
            thread.start()
        for _ in range(50):
            query(engine, "SELECT 'mine'")
        stop.set()
        for thread in threads:
            thread.join()
    assert problems == []
    assert sum(statement.sql == "SELECT 'mine'" for statement in whole.statements) == 50
    assert sum(statement.sql == "SELECT 'other'" for statement in whole.statements) >= 3


def test_subscriber_that_raises_is_logged_once_and_breaks_nothing(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(statement: trace.Statement) -> None:
        raise RuntimeError("a broken subscriber")

    with caplog.at_level(logging.ERROR, "greenshift.trace"), trace.subscribe(broken), trace.record() as recording:
        for _ in range(3):
            query(engine)
    assert len(recording.statements) == 3
    assert [record.name for record in caplog.records] == ["greenshift.trace"]
    assert "a broken subscriber" in caplog.text


def test_subscriber_may_run_a_statement_itself(engine: Engine) -> None:
    seen: list[str] = []

    def curious(statement: trace.Statement) -> None:
        seen.append(statement.sql)
        if statement.sql == "SELECT 1":
            query(engine, "SELECT 2")

    with trace.subscribe(curious):
        query(engine, "SELECT 1")
    assert seen == ["SELECT 1", "SELECT 2"]


def test_statement_begun_before_the_subscription_is_left_out(engine: Engine) -> None:
    recording = trace.record()
    query(engine)
    event.listen(engine, "do_execute", lambda *_: recording.start() and None)
    query(engine)
    recording.stop()
    assert recording.statements == []


def test_engines_and_sessions_older_than_the_first_subscription_are_traced(engine: Engine) -> None:
    with engine.connect() as connection, Session(engine) as session:
        connection.execute(text("SELECT 1"))
        session.get(Branch, 100)
        session.expire_all()
        with trace.record() as recording:
            connection.execute(text("SELECT 2"))
            session.get(Branch, 100)
    assert [str(statement.origin) for statement in recording.statements] == ["text", "select of Branch"]
    assert all(statement.connection.backend_pid for statement in recording.statements)


def test_statement_cut_off_by_the_end_of_the_last_subscription_is_forgotten(engine: Engine) -> None:
    from greenshift.trace import statement_events

    recording = trace.record()
    query(engine)
    recording.start()
    event.listen(engine, "do_execute", lambda *_: recording.stop())
    query(engine)
    assert recording.statements == []
    assert statement_events._running == {}


def test_classes_made_while_listening_are_let_go_of(engine: Engine) -> None:
    with trace.record() as recording:
        factory = sessionmaker(engine)

        class Own(Session):
            pass

        for session_class in (factory, Own):
            with session_class(bind=engine) as session:
                session.get(Branch, 100)
    assert len(recording.statements) == 2
    assert not any(listened())
    for session_class in (factory, Own):
        with session_class(bind=engine) as session:
            assert list(session.dispatch.do_orm_execute) == []
            session.get(Branch, 100)
    with trace.record() as again, factory() as session:
        session.get(Branch, 100)
    assert len(again.statements) == 1


def test_later_engines_are_traced(urls: dict[str, object]) -> None:
    with trace.record() as recording:
        engine = create_engine(urls["psycopg"])  # type: ignore[call-overload]
        query(engine)
        engine.dispose()
    assert len(recording.statements) == 1


def test_a_defect_of_the_tracer_breaks_nothing(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from greenshift.trace import statement_events

    def broken(*_: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(statement_events, "find_user_frame", broken)
    monkeypatch.setattr(statement_events, "_reported", set())
    with trace.record() as recording:
        for _ in range(2):
            query(engine)
    assert recording.statements == []
    assert len(caplog.records) == 1
