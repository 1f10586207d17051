"""A streaming replica of an owned server: it follows, it is measured, it stands still on demand, it refuses writes."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from postgres.servers.server_processes import alive, descendants, eventually, server_folder

from greenshift.postgres import (
    DiskFullError,
    Lag,
    OwnedServer,
    ReplicaServer,
    ReplicationError,
    Run,
    Server,
    ServerError,
    ServerProgramsError,
    ServerSettings,
    Template,
    TemplateSource,
    TemplateTarget,
    keep_server,
    open_server,
    stop_kept,
)
from greenshift.postgres.servers.binaries import installed_programs


@pytest.fixture(scope="module", params=["embedded", "installed"])
def replica(request: pytest.FixtureRequest) -> Iterator[ReplicaServer]:
    """A replica of PostgreSQL 18 from the wheel, and of the one installed on the machine."""
    with open_server(ServerSettings(provider=request.param, replication=True)) as primary:
        with primary.connect() as connection:
            connection.execute("CREATE TABLE before_the_copy AS SELECT 1 AS number")
        with primary.replica() as replica:
            yield replica


@pytest.fixture
def primary(replica: ReplicaServer) -> Iterator[psycopg.Connection[Any]]:
    with replica.primary.connect() as connection:
        connection.execute("DROP TABLE IF EXISTS note; CREATE TABLE note (text text)")
        yield connection


def notes(server: Server) -> list[str]:
    with server.connect() as connection:
        return [str(text) for (text,) in connection.execute("SELECT text FROM note ORDER BY text")]


def test_it_has_what_was_there_and_follows_what_comes(replica: ReplicaServer, primary: psycopg.Connection[Any]) -> None:
    primary.execute("INSERT INTO note VALUES ('after the copy')")
    replica.wait_for()
    assert notes(replica) == ["after the copy"]
    with replica.connect() as connection:
        assert connection.execute("SELECT number FROM before_the_copy").fetchall() == [(1,)]
        assert connection.execute("SELECT pg_is_in_recovery()").fetchone() == (True,)


def test_databases_made_later_are_there_too(replica: ReplicaServer, primary: psycopg.Connection[Any]) -> None:
    primary.execute("CREATE DATABASE later")
    try:
        replica.wait_for()
        with replica.connect("later") as connection:
            assert connection.info.dbname == "later"
    finally:
        primary.execute("DROP DATABASE later")


def test_it_is_a_server_of_the_same_kind(replica: ReplicaServer) -> None:
    assert (replica.version, replica.provider) == (replica.primary.version, replica.primary.provider)
    assert replica.owned
    assert replica.in_memory == replica.primary.in_memory
    assert replica.address.is_socket
    assert replica.directory.stat().st_mode & 0o777 == 0o700
    assert replica.url() != replica.primary.url()


def test_it_streams_under_its_own_name(replica: ReplicaServer, primary: psycopg.Connection[Any]) -> None:
    query = "SELECT application_name, state, client_addr FROM pg_stat_replication"
    assert eventually(lambda: primary.execute(query).fetchall() == [(replica.name, "streaming", None)])


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO note VALUES ('x')",
        "CREATE TABLE other (number int)",
        "SELECT * FROM note FOR UPDATE",
        "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE; INSERT INTO note VALUES ('x')",
    ],
)
def test_it_refuses_to_write(replica: ReplicaServer, primary: psycopg.Connection[Any], statement: str) -> None:
    replica.wait_for()
    with replica.connect() as connection, pytest.raises(psycopg.Error) as caught:
        connection.execute(statement.encode())
    # A read-only transaction; the last of them is refused where it asks for another.
    assert caught.value.sqlstate in ("25006", "0A000")


def test_while_it_stands_still_it_shows_what_was_there(
    replica: ReplicaServer, primary: psycopg.Connection[Any]
) -> None:
    primary.execute("INSERT INTO note VALUES ('before')")
    with replica.paused():
        primary.execute("INSERT INTO note VALUES ('meanwhile')")
        assert replica.is_paused()
        assert (notes(replica), notes(replica.primary)) == (["before"], ["before", "meanwhile"])
    assert not replica.is_paused()
    replica.wait_for()
    assert notes(replica) == ["before", "meanwhile"]


def test_commits_that_wait_for_nothing_are_waited_for(replica: ReplicaServer, primary: psycopg.Connection[Any]) -> None:
    primary.execute("SET synchronous_commit = off")
    for number in range(10):
        primary.execute("INSERT INTO note VALUES (%s)", (str(number),))
        replica.wait_for()
        assert len(notes(replica)) == number + 1


def test_clones_and_their_rewinds_are_followed(replica: ReplicaServer) -> None:
    schema = (
        "CREATE TABLE note (id int GENERATED ALWAYS AS IDENTITY, text text); INSERT INTO note (text) VALUES ('seed')"
    )

    def build(target: TemplateTarget) -> None:
        with target.connect() as connection:
            connection.execute(schema.encode())

    with Run.start(replica.primary) as run:
        template = Template.ensure(replica.primary, run, TemplateSource(schema, build, "a test's schema"))
        database = template.clone(run, "one")
        with replica.primary.connect(database.name) as connection:
            connection.execute("INSERT INTO note (text) VALUES ('test')")
        replica.wait_for()
        with replica.connect(database.name) as reader:
            assert reader.execute("SELECT text FROM note ORDER BY id").fetchall() == [("seed",), ("test",)]
            database.rewind()
            replica.wait_for()
            assert reader.execute("SELECT text FROM note ORDER BY id").fetchall() == [("seed",)]


def test_it_goes_on_after_an_error_in_the_block(replica: ReplicaServer) -> None:
    with pytest.raises(RuntimeError), replica.paused():
        raise RuntimeError
    assert not replica.is_paused()


def test_its_lag_is_measured(replica: ReplicaServer, primary: psycopg.Connection[Any]) -> None:
    # Now and then the server itself writes a record.
    assert eventually(lambda: replica.lag() == Lag(0, 0.0))
    before = replica.position()
    with replica.paused():
        primary.execute("INSERT INTO note SELECT repeat('x', 100) FROM generate_series(1, 1000)")
        time.sleep(0.05)
        lag = replica.lag()
        query = "SELECT pg_wal_lsn_diff(%s, %s)::bigint"
        ((behind,),) = primary.execute(query, (replica.primary.position(), replica.position())).fetchall()
    assert 100_000 < lag.bytes <= behind
    assert 0.05 < lag.seconds < 5
    assert eventually(lambda: replica.lag() == Lag(0, 0.0))
    after = replica.position()
    assert primary.execute("SELECT %s::pg_lsn < %s::pg_lsn", (before, after)).fetchone() == (True,)


def test_waiting_ends_when_the_replay_has_come_there(replica: ReplicaServer, primary: psycopg.Connection[Any]) -> None:
    with replica.paused():
        primary.execute("INSERT INTO note VALUES ('awaited')")
        position = replica.primary.position()
        waiting = threading.Thread(target=replica.wait_for, args=(position,))
        waiting.start()
        waiting.join(0.05)
        assert waiting.is_alive()
        replica.resume()
        waiting.join(5)
    assert not waiting.is_alive()
    assert notes(replica) == ["awaited"]


def test_waiting_for_what_does_not_come(replica: ReplicaServer, primary: psycopg.Connection[Any]) -> None:
    with replica.paused():
        primary.execute("INSERT INTO note VALUES ('awaited')")
        with pytest.raises(ReplicationError, match=r"within 0\.05 s: its replay is paused at 0/") as caught:
            replica.wait_for(timeout=0.05)
    assert caught.value.fix == "let it go on: replica.resume()"
    with pytest.raises(ReplicationError, match=r"has not replayed FF/0 within 0\.05 s, it is at 0/"):
        replica.wait_for("FF/0", timeout=0.05)


def test_a_query_that_holds_the_replay_up(replica: ReplicaServer, primary: psycopg.Connection[Any]) -> None:
    replica.wait_for()
    with psycopg.connect(replica.url()) as reader:
        reader.execute("SELECT * FROM note")  # in a transaction, which keeps its lock
        primary.execute("ALTER TABLE note ADD COLUMN more int")
        with pytest.raises(ReplicationError, match="it is at 0/") as caught:
            replica.wait_for(timeout=0.1)
        assert "a query on the replica holds it up" in caught.value.fix
    replica.wait_for()


def test_no_replica_of_a_replica(replica: ReplicaServer) -> None:
    with pytest.raises(ReplicationError, match="no replica of a replica"):
        replica.replica()


@pytest.fixture
def folder() -> Iterator[Path]:
    with server_folder() as path:
        yield path


@pytest.fixture
def elsewhere(folder: Path) -> Iterator[OwnedServer]:
    """A primary in a folder of the test's own."""
    with open_server(ServerSettings(provider="embedded", directory=folder, replication=True)) as primary:
        assert isinstance(primary, OwnedServer)
        yield primary


def test_two_replicas_with_settings_of_their_own(elsewhere: OwnedServer) -> None:
    with elsewhere.replica() as first, elsewhere.replica({"work_mem": "7MB"}) as second:
        assert first.name != second.name
        with first.paused(), elsewhere.connect() as connection:
            connection.execute("CREATE TABLE note AS SELECT 'x'::text AS text")
            second.wait_for()
            assert notes(second) == ["x"]
            assert first.lag().bytes > 0
        for server, value in ((first, "4MB"), (second, "7MB")):
            with server.connect() as connection:
                assert connection.execute("SHOW work_mem").fetchone() == (value,)


def test_a_write_can_wait_for_the_replica(elsewhere: OwnedServer) -> None:
    # PostgreSQL's own way to have no stale reads: the commit returns when the replica shows it.
    with elsewhere.replica() as replica, elsewhere.connect() as connection:
        connection.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{replica.name}'")
        connection.execute("SELECT pg_reload_conf()")
        query = "SELECT sync_state FROM pg_stat_replication"
        assert eventually(lambda: connection.execute(query).fetchone() == ("sync",))
        connection.execute("SET synchronous_commit = remote_apply; CREATE TABLE note (text text)")
        for number in range(20):
            connection.execute("INSERT INTO note VALUES (%s)", (str(number),))
            assert len(notes(replica)) == number + 1


def test_a_replica_that_is_late_on_purpose(elsewhere: OwnedServer) -> None:
    with elsewhere.replica({"recovery_min_apply_delay": "300ms"}) as replica, elsewhere.connect() as connection:
        connection.execute("CREATE TABLE note (text text)")
        lag = replica.lag()  # it has replayed no transaction yet
        assert lag.bytes > 0
        assert 0 < lag.seconds < 10
        began = time.monotonic()
        replica.wait_for()
        assert time.monotonic() - began > 0.2
        assert notes(replica) == []


def test_over_tcp_it_takes_the_primarys_password(folder: Path) -> None:
    settings = ServerSettings(provider="embedded", directory=folder, listen="tcp", replication=True)
    with open_server(settings) as primary, primary.replica() as replica:
        assert replica.address.host == "127.0.0.1"
        assert replica.address.port != primary.address.port
        assert replica.address.password == primary.address.password is not None
        replica.wait_for()
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(**{**replica.address.connection_arguments("postgres"), "password": "x"})  # type: ignore[arg-type]


def test_it_ends_alone_and_leaves_the_primary(elsewhere: OwnedServer, folder: Path) -> None:
    replica = elsewhere.replica()
    processes = [replica.supervised.supervisor, *descendants(replica.supervised.supervisor)]
    replica.stop()
    replica.stop()
    assert [path.name for path in folder.iterdir()] == [elsewhere.directory.name]
    assert eventually(lambda: not any(map(alive, processes)), 1)
    with elsewhere.connect() as connection:
        query = "SELECT count(*) FROM pg_replication_slots"
        assert eventually(lambda: connection.execute(query).fetchone() == (0,))


def test_the_primarys_end_is_its_end(elsewhere: OwnedServer, folder: Path) -> None:
    elsewhere.replica()
    assert len(list(folder.iterdir())) == 2
    elsewhere.stop()
    assert list(folder.iterdir()) == []


def test_an_impossible_setting_of_a_replica(elsewhere: OwnedServer, folder: Path) -> None:
    with pytest.raises(ServerError, match='unrecognized configuration parameter "no_such_setting"'):
        elsewhere.replica({"no_such_setting": "1"})
    assert [path.name for path in folder.iterdir()] == [elsewhere.directory.name]


def test_one_that_does_not_stream_is_not_left(
    elsewhere: OwnedServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("greenshift.postgres.servers.replica.STREAM_TIMEOUT", 1.0)
    with pytest.raises(ReplicationError, match=r'within 1 s: .* slot "no_such_slot" does not exist'):
        elsewhere.replica({"primary_slot_name": "no_such_slot"})
    assert [path.name for path in folder.iterdir()] == [elsewhere.directory.name]


def test_a_primary_that_is_gone_cannot_be_copied(elsewhere: OwnedServer) -> None:
    os.kill(elsewhere.supervised.postmaster, 9)
    assert elsewhere.last_words(5) is not None
    with pytest.raises(ServerError, match=r"pg_basebackup of .* failed: .*connection to server") as caught:
        elsewhere.replica()
    assert not isinstance(caught.value, DiskFullError)


def test_an_ordinary_server_has_none(folder: Path) -> None:
    with open_server(ServerSettings(provider="embedded", directory=folder)) as server:
        with pytest.raises(ReplicationError, match="started without replication") as caught:
            server.replica()
        assert "replication=True" in caught.value.fix
        with open_server(ServerSettings(url=server.url())) as given:
            with pytest.raises(ReplicationError, match="of the kind 'url'"):
                given.replica()
            with server.connect() as connection:
                row = connection.execute("SELECT pg_current_wal_lsn() >= %s", (given.position(),)).fetchone()
            assert row == (True,)
        assert server.position()  # the block of a given server ends nothing


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        (ServerSettings(url="postgresql://nobody@127.0.0.1:1/x", replication=True), "a server that a URL names"),
        (ServerSettings(provider="container", replication=True), "a server in a container"),
    ],
)
def test_servers_that_take_no_replicas_say_so_at_once(settings: ServerSettings, what: str) -> None:
    with pytest.raises(ReplicationError, match=what) as caught:
        open_server(settings)
    assert "ServerSettings(replication=True)" in caught.value.fix


def test_a_kept_server_takes_none(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREENSHIFT_STATE_DIRECTORY", str(tmp_path))
    with pytest.raises(ReplicationError, match="a kept server cannot be given replicas"):
        keep_server(ServerSettings(directory=folder, replication=True))
    kept, _ = keep_server(ServerSettings(directory=folder))
    try:
        assert kept.mismatch(ServerSettings(replication=True)) == "it was started without replication"
        assert kept.mismatch(ServerSettings()) is None
    finally:
        stop_kept()


def test_an_installation_without_the_program(folder: Path) -> None:
    programs = next(iter(installed_programs()))
    place = folder / "bin"
    place.mkdir(mode=0o755)
    for name in ("initdb", "postgres"):
        # The programs find their libraries from where they really are.
        (place / name).write_text(f'#!/bin/sh\nexec {programs.path(name)} "$@"\n')
        (place / name).chmod(0o755)
    settings = ServerSettings(bin_directory=place, directory=folder, replication=True)
    with open_server(settings) as primary, pytest.raises(ServerProgramsError, match="no pg_basebackup") as caught:
        primary.replica()
    assert "postgresql-client" in caught.value.fix
