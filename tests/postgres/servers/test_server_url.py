"""A server given by a URL."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from postgres.servers.server_processes import alive

from greenshift.postgres import (
    OwnedServer,
    Server,
    ServerError,
    ServerSettings,
    ServerTooOldError,
    open_server,
)
from greenshift.postgres.servers import binaries
from greenshift.postgres.servers.given import connection_arguments, hidden


@pytest.fixture(scope="module")
def tcp() -> Iterator[OwnedServer]:
    server = open_server(ServerSettings(provider="embedded", listen="tcp"))
    assert isinstance(server, OwnedServer)
    with server.connect() as connection:
        connection.execute("CREATE ROLE \"o'hara@x\" LOGIN PASSWORD 'p@ss/w:rd%'")
        connection.execute('CREATE DATABASE "my app"')
    yield server
    server.stop()


def given(url: str) -> Server:
    return open_server(ServerSettings(url=url))


@pytest.mark.parametrize("driver", [None, "asyncpg", "psycopg", "psycopg2"])
def test_any_driver(tcp: OwnedServer, driver: str | None) -> None:
    server = given(tcp.url(driver=driver))
    assert (server.provider, server.owned, server.version) == ("url", False, tcp.version)
    assert server.address.password == tcp.address.password
    with server.connect() as connection:
        assert connection.info.dbname == "postgres"


def test_stop_leaves_it_alone(tcp: OwnedServer) -> None:
    server = given(tcp.url())
    server.stop()
    assert alive(tcp.supervised.postmaster)
    with server.connect() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_percent_encoding_and_the_database(tcp: OwnedServer) -> None:
    server = given(f"postgresql://o%27hara%40x:p%40ss%2Fw%3Ard%25@127.0.0.1:{tcp.address.port}/my%20app")
    assert server.maintenance_database == "my app"
    assert (server.address.user, server.address.password) == ("o'hara@x", "p@ss/w:rd%")
    with given(server.url(driver="asyncpg")).connect() as connection:
        row = connection.execute("SELECT current_user, current_database()").fetchone()
    assert row == ("o'hara@x", "my app")


@pytest.mark.parametrize(
    "form",
    ["postgresql:///template1?host={host}&port={port}&user=postgres", "postgres://postgres@{encoded}:{port}/template1"],
)
def test_a_socket(tcp: OwnedServer, form: str) -> None:
    host, port = str(tcp.directory), tcp.address.port
    server = given(form.format(host=host, encoded=host.replace("/", "%2F"), port=port))
    assert (server.address.host, server.address.port) == (host, port)
    assert server.maintenance_database == "template1"
    with server.connect() as connection:
        assert connection.info.host == host


def test_parameters_of_libpq_are_kept_and_others_left_out(tcp: OwnedServer) -> None:
    server = given(tcp.url(driver="asyncpg") + "?ssl=disable&prepared_statement_cache_size=0&application_name=mine")
    assert server.address.parameters == {"sslmode": "disable"}
    with server.connect() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_what_is_missing_comes_from_the_environment(tcp: OwnedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGUSER", "postgres")
    monkeypatch.setenv("PGPORT", str(tcp.address.port))
    monkeypatch.setenv("PGPASSWORD", tcp.address.password or "")
    server = given("postgresql://127.0.0.1")
    assert (server.address.user, server.address.port) == ("postgres", tcp.address.port)
    assert server.maintenance_database == "postgres"


@pytest.mark.parametrize(
    ("change", "problem", "fix"),
    [
        ({"port": "1"}, "Connection refused", "start that server or correct the URL"),
        ({"password": "s3cret-wrong"}, "password authentication failed", "check the user and the password"),
        ({"database": "missing"}, 'database "missing" does not exist', "name a database that exists"),
        ({"host": "no-such-host.invalid"}, "no-such-host.invalid", "start that server or correct the URL"),
    ],
)
def test_unreachable_in_one_line_without_the_password(
    tcp: OwnedServer, change: dict[str, str], problem: str, fix: str
) -> None:
    parts = {
        "host": "127.0.0.1",
        "port": str(tcp.address.port),
        "password": tcp.address.password or "",
        "database": "postgres",
    }
    parts |= change
    with pytest.raises(ServerError) as caught:
        given("postgresql+asyncpg://postgres:{password}@{host}:{port}/{database}".format(**parts))
    assert problem in caught.value.problem
    assert "\n" not in caught.value.problem
    assert str(parts["password"]) not in str(caught.value)
    assert fix in caught.value.fix


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("mysql://me:s3cret@host/db", "is not the URL of a PostgreSQL server"),
        ("sqlite:///file.db", "is not the URL of a PostgreSQL server"),
        ("host/db", "is not the URL of a PostgreSQL server"),
        ("postgresql://me:s3/cret@host/db", "cannot be read"),
        ("postgresql://me:s3cret@host:port/db", "cannot be read"),
        ("postgresql://me:s3cret@one:1,two:2/db", "cannot be read"),
        ("postgresql://me:s3cret@/db?host=one,two", "names several hosts"),
    ],
)
def test_what_is_no_url_of_a_server(url: str, problem: str) -> None:
    with pytest.raises(ServerError) as caught:
        given(url)
    assert problem in caught.value.problem
    assert "s3" not in str(caught.value)


def test_a_server_too_old(tcp: OwnedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "OLDEST_VERSION", tcp.version + 1)
    with pytest.raises(ServerTooOldError) as caught:
        given(tcp.url())
    assert f"is version {binaries.version_name(tcp.version)}" in caught.value.problem
    assert (tcp.address.password or "") not in str(caught.value)


def test_the_url_wins_over_the_provider(tcp: OwnedServer) -> None:
    server = open_server(ServerSettings(url=tcp.url(), provider="container", extensions=["hstore"]))
    assert server.provider == "url"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me:secret@host:1/db?x=1", "postgresql://me:***@host:1/db?x=1"),
        ("postgresql://me@host/db", "postgresql://me@host/db"),
        ("postgresql://me:a@b:c@host/db", "postgresql://me:***@host/db"),
        ("postgresql:///db?password=secret&host=/run", "postgresql:///db?password=***&host=/run"),
    ],
)
def test_hidden_passwords(url: str, shown: str) -> None:
    assert hidden(url) == shown


def test_arguments_keep_the_case_of_a_socket_folder() -> None:
    assert connection_arguments("postgresql://%2FRun%2FPg/db")["host"] == "/Run/Pg"


def test_settings_do_not_show_the_url() -> None:
    assert "secret" not in repr(ServerSettings(url="postgresql://me:secret@host/db"))
    assert os.environ.get("PGPASSWORD") is None
