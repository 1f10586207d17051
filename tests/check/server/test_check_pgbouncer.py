"""A real PgBouncer in front of a real server: asked, or recognised by what it does."""

from __future__ import annotations

import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from explain.pgbouncer import PROGRAM, pgbouncer, through

from greenshift.check.errors import CheckError
from greenshift.check.server import read_server
from greenshift.check.server.facts import PgBouncerFacts
from greenshift.postgres import Server

Start = Callable[..., Path]


@pytest.fixture
def start(server: Server) -> Iterator[Start]:
    """Start a PgBouncer with settings of its own; give its folder."""
    if PROGRAM is None:
        pytest.fail("this needs the program pgbouncer; install it (Debian: apt-get install pgbouncer)", pytrace=False)
    with ExitStack() as stack:
        yield lambda **own: stack.enter_context(pgbouncer(server.url("postgres", "psycopg"), **own))


def ask(server: Server, folder: Path) -> PgBouncerFacts:
    facts = read_server(through(server.url("postgres", "psycopg"), folder))
    assert facts.usable_connections == 36
    assert facts.pgbouncer is not None
    return facts.pgbouncer


# A user who may log in, but not into the console.
NO_ADMIN = {"auth_type": "trust", "auth_file": "users.txt"}


def test_one_that_may_be_asked(server: Server, start: Start) -> None:
    found = ask(server, start(max_client_conn="77", client_idle_timeout="90", default_pool_size="9"))
    assert found.version >= (1, 10)
    assert found.pool_mode == "transaction"
    assert found.pool_size == 9
    assert (found.number("max_client_conn"), found.number("client_idle_timeout")) == (77, 90)
    kept = found.number("max_prepared_statements") or 0
    assert found.keeps_prepared_statements is (kept > 0)
    assert "auth_query" not in found.settings


@pytest.mark.parametrize("mode", ["session", "transaction"])
def test_its_mode(server: Server, start: Start, mode: str) -> None:
    found = ask(server, start(pool_mode=mode))
    assert found.pool_mode == mode
    assert found.shares_connections is (mode == "transaction")


def test_one_that_may_not_be_asked_is_tried(server: Server, start: Start) -> None:
    found = ask(server, start(**NO_ADMIN))
    assert found.version == ()
    assert found.settings == {}
    assert found.pool_mode == "transaction"
    # From 1.21 on it keeps them if it is told to; Debian's 1.18 cannot.
    assert found.keeps_prepared_statements is not None


def test_statement_mode_is_told_from_transaction_mode(server: Server, start: Start) -> None:
    assert ask(server, start(**NO_ADMIN, pool_mode="statement")).pool_mode == "statement"


def test_session_mode_cannot_be_told_by_trying(server: Server, start: Start) -> None:
    found = ask(server, start(**NO_ADMIN, pool_mode="session", default_pool_size="5"))
    assert found.pool_mode is None
    assert found.keeps_prepared_statements is None


def test_trying_leaves_nothing_behind(server: Server, start: Start) -> None:
    folder = start(**NO_ADMIN, default_pool_size="1")
    ask(server, folder)
    url = through(server.url("postgres", "psycopg"), folder).replace("+psycopg", "")
    with psycopg.connect(url, autocommit=True) as connection:
        assert connection.execute("SELECT name FROM pg_prepared_statements").fetchall() == []


def test_its_console_is_no_server(server: Server, start: Start) -> None:
    with pytest.raises(CheckError, match="PgBouncer's own console"):
        read_server(through(server.url("pgbouncer", "psycopg"), start()))


def test_one_without_a_free_connection(server: Server, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("greenshift.check.server.reading.PATIENCE", 1.0)
    url = through(server.url("postgres", "psycopg"), start(default_pool_size="1"))
    with psycopg.connect(url.replace("+psycopg", "")) as holder:
        holder.execute("SELECT 1")
        begun = time.monotonic()
        with pytest.raises(CheckError) as caught:
            read_server(url)
        assert time.monotonic() - begun < 6
    assert caught.value.problem.endswith("cannot be asked: no answer within 1 s")
    assert "SHOW POOLS" in caught.value.fix


def test_encrypted(server: Server, start: Start) -> None:
    # Its account must be able to read them, and tests' own folders are closed.
    with tempfile.TemporaryDirectory() as name, socket.create_server(("127.0.0.1", 0)) as free:
        folder, port = Path(name), free.getsockname()[1]
        free.close()
        folder.chmod(0o755)
        for file in ("server.key", "server.crt"):
            shutil.copy(Path(__file__).parent / file, folder)
        keys = {"client_tls_key_file": str(folder / "server.key"), "client_tls_cert_file": str(folder / "server.crt")}
        start(listen_addr="127.0.0.1", listen_port=str(port), client_tls_sslmode="allow", **keys)
        url = f"postgresql+asyncpg://postgres@127.0.0.1:{port}/postgres"
        assert read_server(f"{url}?ssl=require").is_encrypted
        plain = read_server(f"{url}?ssl=disable")
    assert not plain.is_encrypted
    assert plain.is_local
    assert plain.host == "127.0.0.1"
