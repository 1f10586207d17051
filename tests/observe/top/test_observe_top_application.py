"""What is shown of applications that greenshift.observe watches."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.request import urlopen

import pytest
from sqlalchemy import Engine, ForeignKey, create_engine, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from greenshift import observe
from greenshift.observe.snapshot import Histogram
from greenshift.observe.top.address import ApplicationAddress, read_address
from greenshift.observe.top.application.decoding import snapshot_from
from greenshift.observe.top.application.merging import merge
from greenshift.observe.top.application.source import ApplicationSource
from greenshift.observe.top.command import run
from greenshift.observe.top.errors import SourceError
from greenshift.observe.top.reading import ProcessReading
from greenshift.postgres import Server


class Base(DeclarativeBase):
    pass


class Owner(Base):
    __tablename__ = "top_owners"
    id: Mapped[int] = mapped_column(primary_key=True)
    pets: Mapped[list[Pet]] = relationship()


class Pet(Base):
    __tablename__ = "top_pets"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("top_owners.id"))


@pytest.fixture(scope="session")
def engine(embedded_server: Server) -> Iterator[Engine]:
    engine = create_engine(embedded_server.url("postgres", "psycopg"), pool_size=1, max_overflow=1)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(Owner(pets=[Pet()]) for _ in range(5))
        session.commit()
    yield engine
    engine.dispose()


def list_pets(engine: Engine) -> int:
    with Session(engine) as session:
        return sum(len(owner.pets) for owner in session.scalars(select(Owner)))


def source_of(url: str) -> ApplicationSource:
    address = read_address(url)
    assert isinstance(address, ApplicationAddress)
    return ApplicationSource(address)


def test_the_pool_its_holders_and_what_is_slow(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    with observe.install(engine, slow=0.02, name="main") as observer:
        url = observer.serve()
        assert list_pets(engine) == 5
        with engine.connect() as connection, engine.connect():
            connection.execute(text("SELECT pg_sleep(0.05)"))
            waiting = threading.Thread(target=list_pets, args=(engine,), name="the one that waits")
            waiting.start()
            wait_until(lambda: observer.snapshot().engines[0].pool.waiting == 1)
            assert run([url], once=True) == 0
            shown = capsys.readouterr().out
            assert run([url], once=True, as_json=True) == 0
            document = json.loads(capsys.readouterr().out)
        waiting.join()
    assert max(map(len, shown.splitlines())) <= 80
    assert "2/2 FULL" in shown
    pool = next(line for line in shown.splitlines() if "FULL" in line)
    assert pool.split()[0] == "main"
    assert "  1, " in pool  # one waits, and for how long
    holders = shown.partition("Holders of connections")[2].splitlines()[2:4]
    place = "test_observe_top_application.py:"
    assert all(place in line and "MainThread" in line for line in holders)
    slow = shown.partition("Slow statements")[2].splitlines()
    assert "over 20 ms" in slow[0]
    assert "SELECT pg_sleep(0.05)" in slow[2]
    assert place in slow[3]
    loaded = shown.partition("(N+1)")[2].splitlines()[2]
    assert loaded.split()[:3] == ["5", "5", "Owner.pets"]
    (source,) = document["sources"]
    (process,) = source["processes"]
    assert process["process"]["pid"] == os.getpid()
    assert process["engines"][0]["pool"]["in_use"] == 2


def test_a_session_in_the_server_is_told_with_the_line_that_took_its_connection(
    engine: Engine, embedded_server: Server, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "140")
    with observe.install(engine, name="main") as observer, engine.begin() as connection:
        connection.execute(text("SELECT 1"))
        assert run([observer.serve(), embedded_server.url("postgres")], once=True) == 0
    idle = capsys.readouterr().out.partition("Idle in transaction")[2].splitlines()
    assert "SELECT 1" in idle[2]
    assert "taken at" in idle[3]
    assert "test_observe_top_application.py:" in idle[3]


def test_workers_that_share_a_port_are_shown_as_one_application(embedded_server: Server, tmp_path: Path) -> None:
    with serving(embedded_server, workers=2) as url:
        source = source_of(f"{url}/observe")
        met: set[int] = set()

        def both() -> bool:
            with urlopen(f"{url}/work") as answer:  # whoever takes it has an engine to show from then on
                met.add(int(answer.read()))
            reading = source.read()
            return len(met) == 2 and sum(len(one.snapshot.engines) for one in reading.processes) == 2

        assert wait_until(both, 20)
        processes = source.read().processes
    assert {one.snapshot.process.pid for one in processes} == met
    (merged,) = merge(processes)
    engines = [engine for one in processes for engine in one.snapshot.engines]
    assert merged.processes == 2
    assert merged.state.pool.size == 4
    assert merged.state.statements == sum(engine.statements for engine in engines)
    assert merged.state.durations.count == sum(engine.durations.count for engine in engines)
    assert len(merged.slow) == sum(len(engine.slow) for engine in engines)
    assert {pid for pid, _ in merged.slow} == met


def test_several_urls_are_shown_as_one_application(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    with observe.install(engine, name="main") as first, observe.install(engine, name="main") as second:
        list_pets(engine)
        urls = [first.serve(), second.serve()]
        assert run(urls, once=True) == 0
    shown = capsys.readouterr().out
    assert all(url in shown for url in urls)
    assert shown.count(f"\n{os.getpid()}") == 2
    assert shown.partition("Pools")[2].splitlines()[2].split()[2] == "0/4"


def test_rates_are_those_since_the_reading_before(engine: Engine) -> None:
    with observe.install(engine, name="main") as observer:
        source = source_of(observer.serve())
        list_pets(engine)
        (first,) = source.read().processes
        for _ in range(4):
            list_pets(engine)
        (second,) = source.read().processes
    assert first.previous is None
    assert second.previous is not None
    (before,), (after,) = merge([first]), merge([second])
    assert before.rates.seconds == pytest.approx(first.snapshot.process.uptime)
    seconds = second.snapshot.at - second.previous.at
    assert after.rates.statements == pytest.approx(24 / seconds)
    assert after.rates.mean_seconds == pytest.approx(after.rates.database_seconds * seconds / 24)


def test_a_snapshot_comes_back_as_it_was(engine: Engine) -> None:
    with observe.install(engine, slow=0.0) as observer, engine.connect():
        list_pets(engine)
        snapshot = observer.snapshot()
    document = json.loads(json.dumps(snapshot.as_dict()))
    assert snapshot_from(document) == snapshot
    document["news"] = document["process"]["news"] = 1
    assert snapshot_from(document) == snapshot


def test_histograms_of_other_buckets_are_not_added(engine: Engine) -> None:
    with observe.install(engine, name="main") as observer:
        list_pets(engine)
        snapshot = observer.snapshot()
    engine_state = snapshot.engines[0]
    other = replace(engine_state, durations=Histogram((1.0,), (1, 1), 3.0))
    readings = [ProcessReading(snapshot), ProcessReading(replace(snapshot, engines=(other,)))]
    assert merge(readings)[0].state.durations == engine_state.durations


@pytest.mark.parametrize(
    ("status", "body", "part"),
    [
        (404, b"{}", "404"),
        (401, b"{}", "401"),
        (302, b"", "302"),
        (200, b"<html>", "no JSON"),
        (200, b"[]", "snapshot is no object"),
        (200, b'{"at": 1}', "slow_threshold is missing"),
        (200, b'{"at": "now", "slow_threshold": null}', "snapshot.at is no float"),
    ],
)
def test_what_is_no_observer_is_said(status: int, body: bytes, part: str, capsys: pytest.CaptureFixture[str]) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with pytest.raises(SourceError) as refused:
            source_of(f"http://me:geheim@127.0.0.1:{server.server_port}").read()
    finally:
        server.shutdown()
        server.server_close()
    assert part in refused.value.problem
    assert len(str(refused.value).splitlines()) == 2
    assert "geheim" not in str(refused.value)


def test_credentials_go_along() -> None:
    seen: list[str | None] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.headers["Authorization"])
            self.send_response(404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with pytest.raises(SourceError):
        source_of(f"http://Aladdin:open%20sesame@127.0.0.1:{server.server_port}").read()
    server.shutdown()
    server.server_close()
    # The example of RFC 7617.
    assert seen == ["Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="]


def test_nobody_there_is_told_with_exit_code_1(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://me:geheim@127.0.0.1:{unused.getsockname()[1]}"
        assert run([url], once=True) == 1
        shown = capsys.readouterr().out
        assert run([url], once=True, as_json=True) == 1
        document = json.loads(capsys.readouterr().out)
    assert "Connection refused" in shown
    assert "geheim" not in shown
    assert document["sources"][0]["error"]["problem"] == "Connection refused"


def test_what_speaks_something_else_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            client, _ = listener.accept()
            with client:
                client.recv(100)
                client.sendall(b"N\x00nonsense\r\n\r\n")

        threading.Thread(target=answer, daemon=True).start()
        with pytest.raises(SourceError, match="speaks no HTTP"):
            source_of(f"http://127.0.0.1:{listener.getsockname()[1]}").read()


@contextmanager
def serving(server: Server, *, workers: int) -> Iterator[str]:
    """Run the watched application, and give its URL."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "DATABASE_URL": server.url("postgres", "psycopg")}
    command = ["uvicorn", "watched_application:app", "--port", str(port), "--workers", str(workers)]
    process = subprocess.Popen(
        [sys.executable, "-m", *command, "--log-level", "warning"], cwd=Path(__file__).parent, env=environment
    )
    try:
        assert wait_until(lambda: listens(port), 20)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(true: Callable[[], bool], seconds: float = 10) -> bool:
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if true():
            return True
        time.sleep(0.02)
    return False
