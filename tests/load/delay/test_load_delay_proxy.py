"""What goes through the proxy to a real PostgreSQL."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import asyncpg
import psycopg
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine

from greenshift.load.delay import DelayError, delayed
from greenshift.postgres import Address, Server, ServerSettings, open_server


def fastest(address: Address, times: int = 60) -> float:
    """Return how long a statement takes that nothing else held up, in seconds."""
    with psycopg.connect(address.url("postgres"), autocommit=True) as connection:
        taken = []
        for _ in range(times):
            began = time.perf_counter()
            connection.execute("SELECT 1")
            taken.append(time.perf_counter() - began)
    return min(taken)


@pytest.mark.parametrize("delay", [0.001, 0.005])
def test_a_round_trip_takes_the_delay_and_little_more(delay_server: Server, delay: float) -> None:
    """0.2 ms more in the median of an idle machine; beside other tests, that is what the fastest of many take."""
    with delayed(delay_server.address, delay) as proxy:
        taken: list[float] = []
        while len(taken) < 10 and not (taken and min(taken) < delay + 0.0005):
            taken.append(fastest(proxy.address))
    # What is due within 0.02 ms is passed on at once, in each direction.
    assert delay - 0.00004 <= min(taken) < delay + 0.0005


def test_the_larger_the_result_the_more_is_on_its_way_at_once(delay_server: Server) -> None:
    """10 MB take the delay once: were each chunk waited for, 40 would take four seconds."""

    def fetch(address: Address) -> float:
        with psycopg.connect(address.url("postgres"), autocommit=True) as connection:
            began = time.perf_counter()
            row = connection.execute("SELECT repeat('x', 1000) FROM generate_series(1, 10000)").fetchall()
            taken = time.perf_counter() - began
        assert len(row) == 10000
        assert {value for (value,) in row} == {"x" * 1000}
        return taken

    direct = min(fetch(delay_server.address) for _ in range(3))
    with delayed(delay_server.address, 0.1) as proxy:
        taken = min(fetch(proxy.address) for _ in range(3))
        assert proxy.figures().bytes > 30_000_000
    assert 0.1 <= taken < direct + 0.1 + 1.0


def test_statements_sent_together_take_the_delay_once(delay_server: Server) -> None:
    with (
        delayed(delay_server.address, 0.05) as proxy,
        psycopg.connect(proxy.url("postgres"), autocommit=True) as connection,
    ):
        began = time.perf_counter()
        with connection.pipeline():
            cursors = [connection.execute("SELECT %s::int", [number]) for number in range(100)]
        taken = time.perf_counter() - began
        assert [cursor.fetchone() for cursor in cursors] == [(number,) for number in range(100)]
    assert 0.05 <= taken < 1.5  # 5 s, were each waited for


def test_what_is_sent_at_length_arrives_whole(delay_server: Server) -> None:
    lines = [f"{number}\t{'y' * 500}\n" for number in range(20_000)]
    with (
        delayed(delay_server.address, 0.02) as proxy,
        psycopg.connect(proxy.url("postgres")) as connection,
    ):
        connection.execute("CREATE TEMPORARY TABLE sent (number int, value text)")
        with connection.cursor().copy("COPY sent FROM STDIN") as copy:
            for line in lines:
                copy.write(line)
        assert connection.execute("SELECT count(*), sum(number), sum(length(value)) FROM sent").fetchone() == (
            20_000,
            sum(range(20_000)),
            20_000 * 500,
        )


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
def test_the_drivers_of_sqlalchemy_connect_through_it(delay_server: Server, driver: str) -> None:
    async def ask(url: str) -> object:
        engine = create_async_engine(url)
        async with engine.connect() as connection:
            value = await connection.scalar(text("SELECT 42"))
        await engine.dispose()
        return value

    with delayed(delay_server.address, 0.002) as proxy:
        assert asyncio.run(ask(proxy.url("postgres", driver))) == 42
        if driver == "psycopg":
            engine = create_engine(proxy.url("postgres", driver))
            with engine.connect() as connection:
                assert connection.scalar(text("SELECT 43")) == 43
            engine.dispose()
        assert proxy.figures().connections >= 1


def test_two_hundred_connections_at_once(delay_server: Server) -> None:
    async def ask(url: str) -> int:
        connections = await asyncio.gather(*(asyncpg.connect(url) for _ in range(200)))
        asked = 0
        end = time.perf_counter() + 2

        async def one(connection: asyncpg.Connection, own: int) -> None:
            nonlocal asked
            while time.perf_counter() < end:
                assert await connection.fetchval("SELECT $1::int", own) == own
                asked += 1

        await asyncio.gather(*(one(connection, own) for own, connection in enumerate(connections)))
        assert proxy.figures().open_connections == 200
        await asyncio.gather(*(connection.close() for connection in connections))
        return asked

    with delayed(delay_server.address, 0.005) as proxy:
        asked = asyncio.run(ask(proxy.url("postgres")))
        figures = proxy.figures()
    assert figures.connections == 200
    # 12,000 a second on two cores; 200 connections could do 40,000 by the delay alone.
    assert asked > 1_000
    # 0.03 ms a statement on an idle machine; 6,000 statements a second would then take a fifth of a core.
    assert 0 < figures.processor_seconds < 0.00025 * asked
    assert proxy.processor_seconds() >= figures.processor_seconds


def test_a_cancelled_statement_ends_at_once(delay_server: Server) -> None:
    with (
        delayed(delay_server.address, 0.01) as proxy,
        psycopg.connect(proxy.url("postgres"), autocommit=True) as connection,
    ):
        threading.Timer(0.3, connection.cancel).start()
        began = time.perf_counter()
        with pytest.raises(psycopg.errors.QueryCanceled):
            connection.execute("SELECT pg_sleep(20)")
        assert time.perf_counter() - began < 5
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_an_encrypted_connection_passes_through(tmp_path: Path) -> None:
    subprocess.run(
        "openssl req -new -x509 -days 2 -nodes -subj /CN=localhost -out cert.pem -keyout key.pem",
        shell=True,
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    server = open_server(ServerSettings(provider="installed", listen="tcp"))
    try:
        with server.connect() as connection:
            (folder,) = connection.execute("SHOW data_directory").fetchone() or ("",)
            owner = Path(str(folder)).stat()
            for name, file in (("server.crt", "cert.pem"), ("server.key", "key.pem")):
                target = Path(str(folder)) / name
                target.write_bytes((tmp_path / file).read_bytes())
                target.chmod(0o600)
                os.chown(target, owner.st_uid, owner.st_gid)
            connection.execute("ALTER SYSTEM SET ssl = on")
            connection.execute("SELECT pg_reload_conf()")
        with delayed(server.address, 0.004) as proxy:
            assert proxy.address.host == "127.0.0.1"
            assert proxy.address.port != server.address.port
            with psycopg.connect(proxy.url("postgres") + "?sslmode=require") as connection:
                row = connection.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").fetchone()
            assert row == (True,)
    finally:
        server.stop()


@contextmanager
def answering(answer: Callable[[socket.socket], None], family: int) -> Iterator[Address]:
    """A server of one connection that is no PostgreSQL: what the proxy does must not depend on it."""
    with ExitStack() as stack:
        if family == socket.AF_UNIX:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(f"{folder}/.s.PGSQL.5432")
            listener.listen()
            address = Address(folder, 5432, "me")
        else:
            listener = socket.create_server(("127.0.0.1", 0))
            address = Address("localhost", listener.getsockname()[1], "me")

        def serve() -> None:
            client, _ = listener.accept()
            with client:
                answer(client)

        stack.enter_context(listener)
        threading.Thread(target=serve, daemon=True).start()
        yield address


def connected(address: Address) -> socket.socket:
    if not address.is_socket:
        return socket.create_connection((address.host, address.port))
    client = socket.socket(socket.AF_UNIX)
    client.connect(f"{address.host}/.s.PGSQL.{address.port}")
    return client


@pytest.mark.parametrize("family", [socket.AF_UNIX, socket.AF_INET])
def test_both_directions_at_once_in_order_and_whole(family: int) -> None:
    """Each side sends megabytes while the other does; the reader is slow, so that the proxy has to wait for it."""

    def from_server(client: socket.socket) -> None:
        sender = threading.Thread(target=client.sendall, args=(down,))
        sender.start()
        received.append(client.recv(len(up), socket.MSG_WAITALL))
        sender.join()
        client.shutdown(socket.SHUT_WR)

    up, down = os.urandom(8_000_000), os.urandom(12_000_000)
    received: list[bytes] = []
    with answering(from_server, family) as server, delayed(server, 0.004) as proxy, connected(proxy.address) as client:
        sender = threading.Thread(target=client.sendall, args=(up,))
        sender.start()
        time.sleep(0.2)
        assert client.recv(len(down), socket.MSG_WAITALL) == down
        sender.join()
        assert client.recv(1) == b""
        assert received == [up]


@pytest.mark.parametrize("family", [socket.AF_UNIX, socket.AF_INET])
def test_a_half_closed_connection_still_answers(family: int) -> None:
    def last_word(client: socket.socket) -> None:
        heard = b""
        while data := client.recv(100):
            heard += data
        time.sleep(0.1)
        client.sendall(b"after " + heard)

    with answering(last_word, family) as server, delayed(server, 0.02) as proxy, connected(proxy.address) as client:
        client.sendall(b"the end")
        client.shutdown(socket.SHUT_WR)
        assert client.recv(100) == b"after the end"
        assert client.recv(100) == b""
        assert wait_until(lambda: proxy.figures().open_connections == 0)


def test_a_connection_that_is_broken_off_is_closed_on_both_sides() -> None:
    ended = threading.Event()

    def wait_for_the_end(client: socket.socket) -> None:
        while client.recv(100):
            pass
        ended.set()

    with answering(wait_for_the_end, socket.AF_INET) as server, delayed(server, 0.01) as proxy:
        client = connected(proxy.address)
        client.sendall(b"more")
        # Closed so, a connection is reset.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
        assert ended.wait(5)
        assert wait_until(lambda: proxy.figures().open_connections == 0)


def test_the_server_hears_of_a_client_that_is_gone(delay_server: Server) -> None:
    with delayed(delay_server.address, 0.01) as proxy:
        connection = psycopg.connect(proxy.url("postgres"), application_name="gone client")
        pid = connection.info.backend_pid
        connection.close()
        with delay_server.connect() as observer:
            query = "SELECT count(*) FROM pg_stat_activity WHERE pid = %s"
            assert wait_until(lambda: observer.execute(query, [pid]).fetchone() == (0,))
        assert wait_until(lambda: proxy.figures().open_connections == 0)


def test_a_client_that_is_killed_amid_a_large_result_leaves_nothing_open(delay_server: Server) -> None:
    program = (
        "import psycopg, sys\n"
        "connection = psycopg.connect(sys.argv[1])\n"
        "connection.pgconn.send_query(b\"SELECT repeat('x', 1000) FROM generate_series(1, 10000000)\")\n"
        "print('sent', flush=True)\n"
        "sys.stdin.read()\n"
    )
    with delayed(delay_server.address, 0.01) as proxy:
        child = subprocess.Popen(
            [sys.executable, "-c", program, proxy.url("postgres")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert child.stdout is not None
        assert child.stdout.readline() == b"sent\n"
        # The client reads nothing: the proxy stops reading, too, and holds no more than its room.
        assert wait_until(lambda: proxy.figures().bytes > 1_000_000)
        time.sleep(0.3)
        held = proxy.figures().bytes
        assert held < 60_000_000
        child.kill()
        child.communicate()
        assert wait_until(lambda: proxy.figures().open_connections == 0)


def test_a_server_that_ends_ends_the_connections() -> None:
    server = open_server(ServerSettings(provider="embedded"))
    with delayed(server.address, 0.01) as proxy:
        connection = psycopg.connect(proxy.url("postgres"), autocommit=True)
        server.stop()
        # What the server said last arrives: it is the reason that the driver gives.
        with pytest.raises(psycopg.OperationalError, match=r"terminat|closed the connection"):
            connection.execute("SELECT 1")
        assert connection.closed
        began = time.perf_counter()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(proxy.url("postgres"))
        assert time.perf_counter() - began < 5
        assert wait_until(lambda: proxy.figures().open_connections == 0)


def test_no_delay_needs_no_process(delay_server: Server) -> None:
    with delayed(delay_server.address, 0) as proxy:
        assert proxy.address is delay_server.address
        assert proxy.processor_seconds() == 0


def test_its_end_leaves_neither_process_nor_folder(delay_server: Server) -> None:
    proxy = delayed(delay_server.address, 0.001)
    folder = Path(proxy.address.host)
    assert folder.stat().st_mode & 0o777 == 0o700
    connection = psycopg.connect(proxy.url("postgres"))
    proxy.close()
    proxy.close()
    assert not folder.exists()
    with pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT 1")
    assert proxy.figures().connections == 1


@pytest.mark.parametrize("forked", [False, True])
def test_a_killed_owner_leaves_neither_process_nor_folder(delay_server: Server, forked: bool) -> None:
    """Also where a process that the owner forked holds a copy of the socket between them."""
    program = (
        "import os, sys, time\n"
        "from greenshift.load.delay import delayed\n"
        "from greenshift.postgres import Address\n"
        f"address = Address({delay_server.address.host!r}, {delay_server.address.port}, 'x')\n"
        "proxy = delayed(address, 0.001)\n"
        f"child = os.fork() if {forked} else 1\n"
        "if child == 0: time.sleep(60)\n"
        "print(proxy.pid, child, proxy.address.host, flush=True)\n"
        "time.sleep(60)\n"
    )
    owner = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    pid, child, folder = owner.stdout.readline().split()
    try:
        assert Path(folder).exists()
        owner.kill()
        owner.wait()
        assert wait_until(lambda: not alive(int(pid)), 5)
        assert not Path(folder).exists()
    finally:
        if forked:
            os.kill(int(child), signal.SIGKILL)
        owner.stdout.close()


@pytest.mark.parametrize(
    ("address", "part"),
    [
        (Address("localhost", 5432, "me", "geheim", {"sslmode": "verify-full"}), "verify-full"),
        (Address("one,two", 5432, "me", "geheim"), "several addresses"),
        (Address("no-such-host.invalid", 5432, "me", "geheim"), "did not start"),
    ],
)
def test_an_address_that_cannot_be_had_is_refused_in_two_lines(address: Address, part: str) -> None:
    with pytest.raises(DelayError) as refused:
        delayed(address, 0.001)
    assert part in refused.value.problem
    assert len(str(refused.value).splitlines()) == 2
    assert "geheim" not in str(refused.value)


def test_a_proxy_that_was_killed_is_said_to_be_gone(delay_server: Server) -> None:
    proxy = delayed(delay_server.address, 0.001)
    assert proxy.pid is not None
    os.kill(proxy.pid, signal.SIGKILL)
    with pytest.raises(DelayError, match="gone"):
        proxy.figures()
    folder = Path(proxy.address.host)
    proxy.close()
    assert not folder.exists()


def alive(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        # A process that nobody has waited for is still listed.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def wait_until(true: Callable[[], bool], seconds: float = 10) -> bool:
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if true():
            return True
        time.sleep(0.02)
    return False
