"""Databases: their URL stays, whatever happens to them; kept ones outlive the run; none but our own is touched."""

from __future__ import annotations

import os
import subprocess
import threading
import time

import psycopg
import pytest
from digest import client_program, dump
from made_templates import MakeDatabase, template_of

from greenshift.postgres import (
    Address,
    Database,
    DatabaseError,
    ForeignDatabaseError,
    Run,
    Server,
    drop_database,
    is_ours,
    list_databases,
    open_existing,
)

SCHEMA = "CREATE TABLE t(id serial PRIMARY KEY, v text); INSERT INTO t(v) VALUES ('seed')"


@pytest.fixture
def database(make_database: MakeDatabase) -> Database:
    return make_database(SCHEMA)


def insert(database: Database, value: str) -> None:
    with database.connect() as connection:
        connection.execute("INSERT INTO t(v) VALUES (%s)", (value,))


def values(database: Database) -> list[object]:
    with database.connect() as connection:
        return [value for (value,) in connection.execute("SELECT v FROM t ORDER BY id").fetchall()]


def test_its_url_and_name_stay(database: Database) -> None:
    before = (database.name, database.url(), database.url("asyncpg"))
    database.reclone()
    assert (database.name, database.url(), database.url("asyncpg")) == before
    assert database.url("asyncpg").startswith("postgresql+asyncpg://")
    assert database.generation == 1
    assert values(database) == ["seed"]


def test_owners_of_connections_let_go_before_it_is_replaced(database: Database) -> None:
    connection = database.connect()
    called: list[int] = []

    def let_go() -> None:
        connection.close()
        called.append(database.generation)

    database.before_reclone.append(let_go)
    database.reclone()
    assert called == [0]
    assert connection.closed


def test_a_reclone_throws_out_whoever_is_connected(database: Database) -> None:
    connection = database.connect()
    connection.execute("BEGIN; LOCK TABLE t")
    database.reclone()
    with pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT 1")
    assert values(database) == ["seed"]


def test_a_reclone_gets_past_prepared_transactions(database: Database) -> None:
    with database.connect() as connection:
        connection.execute("BEGIN; INSERT INTO t(v) VALUES ('x'); PREPARE TRANSACTION 'in the way'")
    database.reclone()
    assert values(database) == ["seed"]


def test_a_kept_one_outlives_the_run_and_opens_in_psql(any_server: Server) -> None:
    with Run.start(any_server) as run:
        database = template_of(any_server, run, SCHEMA).clone(run, "main")
        insert(database, "it's here")
        command = database.keep("tests/test_x.py::test_that[Fails]")
        assert values(database) == ["seed"]
        assert database.rewind().recloned is None
    program = client_program(any_server, "psql").parent
    environment = {**os.environ, "PATH": f"{program}:{os.environ['PATH']}", "PAGER": "cat"}
    shown = subprocess.run(
        f'{command} -At -c "SELECT v FROM t ORDER BY id"', shell=True, env=environment, capture_output=True, text=True
    )
    assert (shown.stdout.splitlines(), shown.stderr) == (["seed", "it's here"], "")
    (kept,) = [found for found in list_databases(any_server) if found.marker.kind == "kept"]
    assert kept.marker.label == "tests/test_x.py::test_that[Fails]"
    assert kept.name.startswith("greenshift_kept_tests_test_x_py_test_that_fails")
    assert kept.size > 0
    drop_database(any_server, kept.name)
    assert [found for found in list_databases(any_server) if found.marker.kind == "kept"] == []


def test_a_kept_one_holds_nothing_of_the_rewind(any_server: Server, database: Database) -> None:
    database.keep("clean")
    lines = dump(any_server, "greenshift_kept_clean")
    assert [line for line in lines if "greenshift" in line] == []
    drop_database(any_server, "greenshift_kept_clean")


def test_keeping_under_the_same_name_replaces_the_earlier_one(any_server: Server, database: Database) -> None:
    for value in ("first", "second"):
        insert(database, value)
        database.keep("twice")
    with any_server.connect("greenshift_kept_twice") as connection:
        assert connection.execute("SELECT v FROM t ORDER BY id").fetchall() == [("seed",), ("second",)]
    drop_database(any_server, "greenshift_kept_twice")


def test_long_and_odd_names_stay_apart(any_server: Server, database: Database) -> None:
    names = ["x" * 100 + "a", "x" * 100 + "b", "Ключ", "ключ", "a b", "a_b"]
    for name in names:
        database.keep(name)
    kept = [found for found in list_databases(any_server) if found.marker.kind == "kept"]
    assert sorted(found.marker.label for found in kept) == sorted(names)
    for found in kept:
        drop_database(any_server, found.name)


def test_keeping_works_while_others_are_connected(any_server: Server, database: Database) -> None:
    connection = database.connect()
    connection.execute("BEGIN; INSERT INTO t(v) VALUES ('not committed')")
    database.keep("busy")
    with any_server.connect("greenshift_kept_busy") as kept:
        assert kept.execute("SELECT v FROM t").fetchall() == [("seed",)]
    drop_database(any_server, "greenshift_kept_busy")
    connection.close()


def test_drop_and_close_may_be_called_twice(any_server: Server, database: Database) -> None:
    database.close()
    database.close()
    database.drop()
    database.drop()
    assert database.name not in {found.name for found in list_databases(any_server)}


@pytest.fixture
def foreign(any_server: Server) -> str:
    with any_server.connect() as connection:
        connection.execute("DROP DATABASE IF EXISTS production")
        connection.execute("CREATE DATABASE production")
        connection.execute('COMMENT ON DATABASE production IS \'{"not": "ours"}\'')
    return "production"


def test_a_database_of_somebody_else_is_never_dropped(any_server: Server, foreign: str) -> None:
    with pytest.raises(ForeignDatabaseError, match="was not made by Greenshift"):
        drop_database(any_server, foreign)
    assert not is_ours(any_server.url(foreign))
    assert foreign not in {found.name for found in list_databases(any_server)}
    with any_server.connect(foreign) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_database_of_somebody_else_is_opened_only_when_allowed(
    any_server: Server, foreign: str, database: Database
) -> None:
    with pytest.raises(ForeignDatabaseError, match="--db-allow"):
        open_existing(any_server.url(foreign))
    open_existing(any_server.url(foreign), allow=True).close()
    open_existing(database.url()).close()
    assert is_ours(database.url())


def test_what_is_not_there_is_said_in_one_line(any_server: Server) -> None:
    with pytest.raises(DatabaseError, match="there is no database 'nowhere'"):
        drop_database(any_server, "nowhere")
    with pytest.raises(DatabaseError) as caught:
        open_existing("postgresql://me:secret@127.0.0.1:1/x")
    assert "secret" not in str(caught.value)
    assert "\n" not in caught.value.problem


def test_a_role_that_is_no_superuser_gets_fresh_clones_instead(any_server: Server) -> None:
    with any_server.connect() as connection:
        connection.execute(
            "DO $$ BEGIN IF to_regrole('greenshift_plain') IS NULL THEN"
            " CREATE ROLE greenshift_plain LOGIN CREATEDB PASSWORD 'p'; END IF; END $$"
        )
    address = any_server.address
    plain = Server(
        Address(address.host, address.port, "greenshift_plain", "p"),
        provider="url",
        version=any_server.version,
        owned=False,
    )
    with Run.start(plain) as run:
        template = template_of(plain, run, SCHEMA)
        assert not template.is_sealed
        assert "no superuser" in (template.notice or "")
        database = template.clone(run, "plain")
        assert not database.rewind_is_native
        insert(database, "x")
        with database.connect() as connection:
            connection.execute("BEGIN; DELETE FROM t")
            report = database.rewind()
            connection.close()
        assert report.recloned == "this role may not rewind in place"
        assert [backend.query for backend in report.terminated] == ["BEGIN; DELETE FROM t"]
        assert values(database) == ["seed"]
        busy = database.connect()
        thread = threading.Thread(target=lambda: busy.execute("INSERT INTO t(v) SELECT 'y' FROM pg_sleep(0.2)"))
        thread.start()
        while not any(backend.in_transaction for backend in database.connections()):
            time.sleep(0.005)
        assert database.rewind(wait=10).terminated == []
        thread.join()
        busy.close()
        assert "password" not in database.keep("plain")
        drop_database(plain, "greenshift_kept_plain")
    template.drop()
    with any_server.connect() as connection:
        connection.execute("DROP ROLE greenshift_plain")


def test_what_a_forked_child_commits_is_seen_and_rewound(database: Database) -> None:
    child = os.fork()
    if child == 0:
        code = 1
        try:
            insert(database, "from the child")
            code = 0
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
    assert values(database) == ["seed", "from the child"]
    assert database.rewind().recloned is None
    assert values(database) == ["seed"]
