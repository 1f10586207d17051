"""Sessions that a test left at work: waited for, named, ended; and sessions that are none of the rewind's business."""

from __future__ import annotations

import os
import threading
import time

import psycopg
import pytest
from made_templates import MakeDatabase

from greenshift.postgres import Database

SCHEMA = "CREATE TABLE t(id serial PRIMARY KEY, v text); CREATE TABLE s(id int PRIMARY KEY); INSERT INTO s VALUES (1)"


@pytest.fixture
def database(make_database: MakeDatabase) -> Database:
    return make_database(SCHEMA)


def count(database: Database) -> object:
    with database.connect() as connection:
        return connection.execute("SELECT (SELECT count(*) FROM t), (SELECT count(*) FROM s)").fetchone()


@pytest.mark.parametrize(
    "statements",
    [
        "BEGIN; INSERT INTO t(v) VALUES ('x')",
        "BEGIN; SELECT * FROM s FOR UPDATE",
        "BEGIN; LOCK TABLE t",
        "BEGIN; LOCK TABLE s IN ACCESS SHARE MODE",
        "BEGIN; SELECT 1",
        "BEGIN",
        "BEGIN; TRUNCATE s",
    ],
)
def test_a_transaction_left_open_is_ended_and_named(database: Database, statements: str) -> None:
    connection = psycopg.connect(database.url(), autocommit=True, application_name="leaky")
    connection.execute(statements.encode())
    started = time.monotonic()
    report = database.rewind()
    assert time.monotonic() - started < 1.0
    assert report.recloned is None
    (backend,) = report.terminated
    assert backend.pid == connection.info.backend_pid
    assert (backend.state, backend.query, backend.application_name) == ("idle in transaction", statements, "leaky")
    assert backend.transaction_seconds is not None
    assert 0 <= backend.transaction_seconds < 5
    assert "leaky" in str(backend)
    assert statements in str(backend)
    assert count(database) == (0, 1)
    with pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT 1")


def test_a_failed_transaction_is_ended_too(database: Database) -> None:
    connection = database.connect()
    with pytest.raises(psycopg.errors.DivisionByZero):
        connection.execute("BEGIN; SELECT 1 / 0")
    assert [backend.state for backend in database.rewind().terminated] == ["idle in transaction (aborted)"]
    connection.close()


def test_a_running_statement_is_waited_for(database: Database) -> None:
    connection = database.connect()
    thread = threading.Thread(target=lambda: connection.execute("INSERT INTO t(v) SELECT 'x' FROM pg_sleep(0.2)"))
    thread.start()
    until_busy(database)
    report = database.rewind(wait=10)
    thread.join()
    assert report.terminated == []
    assert count(database) == (0, 1)
    assert connection.execute("SELECT 1").fetchone() == (1,)
    connection.close()


def test_a_statement_that_takes_too_long_is_ended(database: Database) -> None:
    connection = database.connect()
    failures: list[psycopg.Error] = []

    def sleep() -> None:
        try:
            connection.execute("SELECT pg_sleep(60)")
        except psycopg.Error as error:
            failures.append(error)

    thread = threading.Thread(target=sleep)
    thread.start()
    until_busy(database)
    started = time.monotonic()
    report = database.rewind(wait=0.1)
    assert 0.1 <= time.monotonic() - started < 1.0
    assert report.waited_seconds >= 0.1
    assert [(backend.state, backend.query) for backend in report.terminated] == [("active", "SELECT pg_sleep(60)")]
    thread.join(5)
    assert isinstance(failures[0], psycopg.errors.AdminShutdown)


def until_busy(database: Database) -> None:
    while not any(backend.in_transaction for backend in database.connections()):
        time.sleep(0.005)


def test_prepared_transactions_are_rolled_back_and_named(database: Database) -> None:
    with database.connect() as connection:
        connection.execute("BEGIN; INSERT INTO t(v) VALUES ('x'); PREPARE TRANSACTION 'it''s one'")
        connection.execute("BEGIN; DELETE FROM s; PREPARE TRANSACTION 'two'")
    report = database.rewind()
    assert report.recloned is None
    assert [(backend.state, backend.prepared) for backend in report.terminated] == [
        ("prepared", "it's one"),
        ("prepared", "two"),
    ]
    assert count(database) == (0, 1)
    with database.server.connect() as connection:
        assert connection.execute("SELECT count(*) FROM pg_prepared_xacts").fetchone() == (0,)


def test_idle_sessions_stay_connected_whatever_they_hold(database: Database) -> None:
    with database.connect() as connection:
        connection.execute(
            "SELECT pg_advisory_lock(7); LISTEN news; CREATE TEMP TABLE mine(id int); PREPARE p AS SELECT 1"
        )
        connection.execute("INSERT INTO t(v) VALUES ('x')")
        report = database.rewind()
        assert (report.terminated, report.dirty_tables) == ([], 1)
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM mine").fetchone() == (0,)


def test_a_session_that_hides_its_activity_is_ended_only_when_in_a_transaction(database: Database) -> None:
    with database.connect() as connection:
        connection.execute("SET track_activities = off")
        connection.execute("INSERT INTO t(v) VALUES ('x')")
        assert database.rewind().terminated == []
        connection.execute("BEGIN")
        connection.execute("INSERT INTO t(v) VALUES ('y')")
        assert [backend.pid for backend in database.rewind().terminated] == [connection.info.backend_pid]
        assert count(database) == (0, 1)
        connection.close()


def test_sessions_of_other_databases_are_left_alone(database: Database, make_database: MakeDatabase) -> None:
    other = make_database(SCHEMA)
    with other.connect() as theirs, database.server.connect() as maintenance:
        theirs.execute("BEGIN; INSERT INTO t(v) VALUES ('x')")
        maintenance.execute("BEGIN; SELECT 1")
        assert database.rewind().terminated == []
        theirs.execute("COMMIT")
        maintenance.execute("COMMIT")
    assert count(other) == (1, 1)


def test_a_test_that_ends_every_session_does_no_harm(database: Database) -> None:
    with database.connect() as connection:
        connection.execute("INSERT INTO t(v) VALUES ('x')")
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        report = database.rewind()
        assert (report.recloned, report.dirty_tables) == (None, 1)
        connection.execute("CREATE TABLE n(id int)")
    assert database.rewind().recloned == "the schema was changed"
    assert count(database) == (0, 1)


def test_a_database_that_was_dropped_is_cloned_anew(database: Database) -> None:
    with database.server.connect() as maintenance:
        maintenance.execute(f"DROP DATABASE {database.name} WITH (FORCE)".encode())
    assert database.rewind().recloned is not None
    assert count(database) == (0, 1)


def test_values_of_a_cached_sequence_are_forgotten_by_all_sessions(make_database: MakeDatabase) -> None:
    database = make_database("CREATE SEQUENCE q CACHE 20; CREATE TABLE t(id bigint DEFAULT nextval('q') PRIMARY KEY)")
    with database.connect() as one, database.connect() as two:
        for _ in range(3):
            for _ in range(2):
                one.execute("INSERT INTO t DEFAULT VALUES")
                two.execute("INSERT INTO t DEFAULT VALUES")
            report = database.rewind()
            assert (report.recloned, report.moved_sequences) == (None, 1)
            assert one.execute("SELECT nextval('q')").fetchone() == (1,)
            assert two.execute("SELECT nextval('q')").fetchone() == (21,)
        database.rewind()


def test_what_is_connected_is_listed_and_can_be_ended(database: Database) -> None:
    database.rewind()
    with database.connect() as connection:
        pid = connection.info.backend_pid
        assert [backend.pid for backend in database.connections()] == [pid]
        assert {backend.pid for backend in database.connections(include_own=True)} == {pid, database.keeper_pid}
        with database.server.connect() as elsewhere:
            database.terminate([pid, elsewhere.info.backend_pid])
            assert elsewhere.execute("SELECT 1").fetchone() == (1,)
        assert database.connections() == []
        connection.close()


def test_a_forked_child_leaves_the_connection_alone(database: Database) -> None:
    database.rewind()
    before = database.keeper_pid
    child = os.fork()
    if child == 0:
        database.close()
        del database
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert database.rewind().recloned is None
    assert database.keeper_pid == before
