"""A real server asked, and servers that cannot be."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import make_url

from greenshift.check.errors import CheckError
from greenshift.check.server import read_server
from greenshift.postgres import Server, ServerSettings, open_server


@pytest.fixture(scope="module")
def over_tcp() -> Iterator[Server]:
    """A server on the loopback interface, with a password."""
    server = open_server(ServerSettings(listen="tcp"))
    yield server
    server.stop()


def failure(url: str) -> CheckError:
    with pytest.raises(CheckError) as caught:
        read_server(url)
    assert "\n" not in caught.value.problem
    assert "hunter2" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg", "psycopg2", None])
def test_what_it_says(server: Server, driver: str | None) -> None:
    facts = read_server(server.url("postgres", driver))
    assert facts.usable_connections == 36
    assert facts.number("statement_timeout") == 0
    assert facts.version[0] == server.version // 10000
    assert facts.connections >= 1
    assert facts.is_local
    assert not facts.is_encrypted
    assert facts.pgbouncer is None
    assert facts.address.endswith("/postgres")


def test_settings_of_roles_and_of_the_database(server: Server) -> None:
    with server.connect() as connection:
        connection.execute("CREATE DATABASE asked CONNECTION LIMIT 7")
        connection.execute("CREATE ROLE shop LOGIN")
        connection.execute("ALTER ROLE shop SET statement_timeout = '5s'")
        connection.execute("ALTER ROLE shop SET search_path = 'shop'")
        connection.execute("ALTER ROLE shop IN DATABASE asked SET statement_timeout = '2s'")
        connection.execute("ALTER DATABASE asked SET idle_in_transaction_session_timeout = '9s'")
    try:
        facts = read_server(server.url("asked"))
        assert facts.role_settings == {"shop": {"statement_timeout": "2s"}}
        assert facts.number("statement_timeout") == 0
        assert facts.number("idle_in_transaction_session_timeout") == 9000
        assert facts.usable_connections == 7
        assert read_server(server.url("postgres")).role_settings == {"shop": {"statement_timeout": "5s"}}
        as_shop = make_url(server.url("asked")).set(username="shop")
        assert read_server(as_shop.render_as_string()).number("statement_timeout") == 2000
    finally:
        with server.connect() as connection:
            connection.execute("DROP DATABASE asked")
            connection.execute("DROP ROLE shop")


def test_a_user_without_rights(server: Server) -> None:
    with server.connect() as connection:
        connection.execute("CREATE ROLE nobody LOGIN")
        try:
            url = make_url(server.url("postgres")).set(username="nobody").render_as_string()
            facts = read_server(url)
        finally:
            connection.execute("DROP ROLE nobody")
    assert facts.user == "nobody"
    assert facts.usable_connections == 36
    assert facts.connections >= 2


def test_what_this_connection_itself_asks_for_says_nothing_of_others(server: Server) -> None:
    url = make_url(server.url("postgres")).update_query_dict({"options": "-c statement_timeout=4444"})
    assert read_server(url.render_as_string(hide_password=False)).number("statement_timeout") is None


def test_over_tcp_with_a_password(over_tcp: Server) -> None:
    facts = read_server(over_tcp.url("postgres", "asyncpg"))
    assert facts.is_local
    assert facts.host == "127.0.0.1"
    assert not facts.is_encrypted


def test_a_wrong_password(over_tcp: Server) -> None:
    url = make_url(over_tcp.url("postgres", "asyncpg"))
    error = failure(url.set(password="hunter2").render_as_string(hide_password=False))
    assert error.problem == (
        f"the server 127.0.0.1:{url.port}/postgres cannot be asked: "
        f'password authentication failed for user "{url.username}"'
    )
    assert "right user and password" in error.fix


def test_no_such_database(server: Server) -> None:
    error = failure(server.url("nothing"))
    assert error.problem.endswith('cannot be asked: database "nothing" does not exist')
    assert "a database and a role that exist" in error.fix


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    error = failure(f"postgresql+asyncpg://shop:hunter2@127.0.0.1:{port}/shop")
    assert error.problem == f"the server 127.0.0.1:{port}/shop cannot be asked: Connection refused"
    assert "that the server runs" in error.fix


def test_no_such_host() -> None:
    error = failure("postgresql://shop:hunter2@db.invalid/shop")
    assert error.problem.startswith("the server db.invalid:5432/shop cannot be asked: ")
    assert "host's name" in error.fix


@pytest.mark.parametrize("says", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"", None])
def test_no_postgresql(says: bytes | None) -> None:
    """What listens there is a web server, hangs up, or is silent."""
    stop = threading.Event()

    def serve(listening: socket.socket) -> None:
        while not stop.is_set():
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            if says is None:
                stop.wait(20)
            with connection:
                connection.recv(100)
                connection.sendall(says or b"")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=(listening,))
        thread.start()
        begun = time.monotonic()
        try:
            port = listening.getsockname()[1]
            error = failure(f"postgresql+psycopg://shop:hunter2@127.0.0.1:{port}/shop?connect_timeout=2")
        finally:
            stop.set()
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()
    assert time.monotonic() - begun < 12
    assert error.problem.startswith(f"the server 127.0.0.1:{port}/shop cannot be asked: ")


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("mysql+pymysql://shop:hunter2@db/shop", "the server's URL is one of mysql, not of PostgreSQL"),
        ("sqlite:///shop.db", "the server's URL is one of sqlite, not of PostgreSQL"),
        ("shop:hunter2@db", "the server's URL cannot be read"),
        ("postgresql://shop:hunter2@db:port/shop", "the server's URL cannot be read"),
        ("", "the server's URL cannot be read"),
    ],
)
def test_no_url_of_postgresql(url: str, problem: str) -> None:
    error = failure(url)
    assert error.problem == problem
    assert "postgresql://USER:PASSWORD@HOST:PORT/DATABASE" in error.fix
