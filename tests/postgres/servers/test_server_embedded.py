"""The embedded server: it starts, it is set up for tests, it stops."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from postgres.servers.server_processes import alive, descendants, eventually, server_folder

from greenshift.postgres import OwnedServer, Server, ServerError, ServerSettings, open_server


@pytest.fixture
def folder() -> Iterator[Path]:
    with server_folder() as path:
        yield path


def embedded(**settings: object) -> OwnedServer:
    server = open_server(ServerSettings(provider="embedded", **settings))  # type: ignore[arg-type]
    assert isinstance(server, OwnedServer)
    return server


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = embedded()
    yield server
    server.stop()


def setting(server: Server, name: str) -> str:
    with server.connect() as connection:
        row = connection.execute("SELECT current_setting(%s)", (name,)).fetchone()
    assert row is not None
    return str(row[0])


def test_it_answers_and_knows_its_version(server: Server) -> None:
    assert server.provider == "embedded"
    assert server.owned
    assert server.version >= 180000
    assert int(setting(server, "server_version_num")) == server.version
    with psycopg.connect(server.url("template1")) as connection:
        assert connection.info.dbname == "template1"


def test_it_starts_quickly() -> None:
    server = embedded()
    try:
        # The target is 0.6 s; other tests may occupy the processors meanwhile.
        assert 0 < server.start_seconds < 3
    finally:
        server.stop()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("fsync", "off"),
        ("synchronous_commit", "off"),
        ("full_page_writes", "off"),
        ("autovacuum", "off"),
        ("wal_level", "minimal"),
        ("jit", "off"),
        ("listen_addresses", ""),
        ("dynamic_shared_memory_type", "mmap"),
        ("timezone", "UTC"),
        ("server_encoding", "UTF8"),
    ],
)
def test_it_is_set_up_for_data_that_is_thrown_away(server: Server, name: str, value: str) -> None:
    assert setting(server, name) == value


def test_it_takes_many_connections_and_prepared_transactions(server: Server) -> None:
    assert int(setting(server, "max_connections")) >= 200
    assert int(setting(server, "max_prepared_transactions")) > 0


def test_text_beyond_ascii_is_sorted_and_changed_by_the_rules_of_unicode(server: Server) -> None:
    with server.connect() as connection:
        row = connection.execute("SELECT upper('éüß'), 'ä' ~ '\\w'").fetchone()
    assert row == ("ÉÜß", True)


def test_only_its_user_can_enter_its_folder(server: OwnedServer) -> None:
    assert server.directory.stat().st_mode & 0o777 == 0o700


def test_settings_of_the_user_win() -> None:
    server = embedded(settings={"work_mem": "7MB", "JIT": "on", "search_path": 'it\'s, "a\\b"'})
    try:
        assert setting(server, "work_mem") == "7MB"
        assert setting(server, "jit") == "on"
        assert setting(server, "search_path") == 'it\'s, "a\\b"'
    finally:
        server.stop()


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"no_such_setting": "1"}, 'unrecognized configuration parameter "no_such_setting"'),
        ({"work_mem": "much"}, 'invalid value for parameter "work_mem": "much"'),
        ({"work mem": "1MB"}, "'work mem' is not the name of a PostgreSQL setting"),
        ({"port": "1"}, "'port' is chosen by Greenshift"),
    ],
)
def test_an_impossible_setting_is_reported_in_one_line(folder: Path, settings: dict[str, str], problem: str) -> None:
    with pytest.raises(ServerError) as caught:
        embedded(settings=settings, directory=folder)
    assert problem in caught.value.problem
    assert "\n" not in caught.value.problem
    assert caught.value.fix
    assert "\n" not in caught.value.fix
    assert list(folder.iterdir()) == []


def test_over_tcp_it_wants_a_password(folder: Path) -> None:
    server = embedded(listen="tcp", directory=folder)
    try:
        address = server.address
        assert (address.host, setting(server, "listen_addresses")) == ("127.0.0.1", "127.0.0.1")
        assert address.password is not None
        assert len(address.password) >= 20
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(**{**address.connection_arguments("postgres"), "password": "guess"})  # type: ignore[arg-type]
        with psycopg.connect(server.url()) as connection:
            row = connection.execute("SELECT rolpassword FROM pg_authid WHERE rolname = 'postgres'").fetchone()
        assert row is not None
        assert str(row[0]).startswith("SCRAM-SHA-256")
    finally:
        server.stop()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", address.port)) != 0


def test_after_stop_nothing_is_left(folder: Path) -> None:
    server = embedded(directory=folder)
    processes = [server.supervised.supervisor, *descendants(server.supervised.supervisor)]
    assert len(processes) > 3
    assert [path.name for path in folder.iterdir()] == [server.directory.name]
    with server.connect():
        server.stop()
        server.stop()
    assert list(folder.iterdir()) == []
    assert eventually(lambda: not any(map(alive, processes)), 1)


def test_several_live_side_by_side() -> None:
    servers = [embedded() for _ in range(2)]
    try:
        for number, server in enumerate(servers):
            with server.connect() as connection:
                connection.execute(f"CREATE DATABASE only_{number}")
        with servers[0].connect() as connection:
            names = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'only%'").fetchall()
        assert names == [("only_0",)]
    finally:
        for server in servers:
            server.stop()


def test_a_server_that_ended_by_itself_says_why(folder: Path) -> None:
    server = embedded(directory=folder)
    try:
        assert server.last_words(0) is None
        os.kill(server.supervised.postmaster, 2)  # SIGINT: a shutdown that nobody of ours asked for
        assert "database system is shut down" in (server.last_words(5) or "")
        assert eventually(lambda: list(folder.iterdir()) == [])
    finally:
        server.stop()


def test_neither_the_environment_nor_the_locale_of_the_user_disturb_it(folder: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from greenshift.postgres import ServerSettings, open_server\n"
        "server = open_server(ServerSettings(provider='embedded', directory=Path(sys.argv[1])))\n"
        "print(server.connect().execute('SHOW lc_messages').fetchone()[0])\n"
        "server.stop()\n"
    )
    environment = {"PGDATA": "/nowhere", "PGPORT": "1", "PGOPTIONS": "-c", "LC_ALL": "de_DE.UTF-8", "TZ": "Moon"}
    result = subprocess.run(
        [sys.executable, "-c", program, str(folder)],
        env={**os.environ, **environment, "PGOPTIONS": ""},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (result.stdout, result.returncode) == ("C\n", 0), result.stderr


def test_progress_is_told(folder: Path) -> None:
    said: list[str] = []
    server = open_server(ServerSettings(provider="embedded", directory=folder), say=said.append)
    server.stop()
    assert said == ["starting PostgreSQL 18 (embedded)"]
