"""The live view on a real terminal: a pseudo-terminal, of which all that is written is kept."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import pytest
from sqlalchemy import create_engine, text

from greenshift import observe
from greenshift.postgres import Server, ServerSettings, open_server

ENTERED, LEFT = b"\x1b[?1049h", b"\x1b[?1049l"
CURSOR = b"\x1b[?25h"


class Terminal:
    """A terminal in which ``greenshift top`` runs."""

    def __init__(self, *arguments: str, columns: int = 80, rows: int = 40, **environment: str) -> None:
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.before = termios.tcgetattr(self.slave)
        self.written = b""
        # Rich takes these before it asks the terminal.
        inherited = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "greenshift", "top", *arguments],
            stdin=self.slave,
            stdout=self.slave,
            stderr=self.slave,
            env={**inherited, "TERM": "xterm-256color", **environment},
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.master)
        os.close(self.slave)

    def read(self, seconds: float) -> None:
        while select.select([self.master], [], [], seconds)[0]:
            self.written += os.read(self.master, 65536)
            seconds = 0

    def frame(self) -> str:
        """Return what is on the screen: all that was written since the cursor was last home, without colours."""
        last = self.written.rpartition(b"\x1b[H")[2]
        return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", last.decode(errors="replace")).replace("\r", "")

    def shows(self, part: str, seconds: float = 20) -> bool:
        return self.until(lambda: part in self.frame(), seconds)

    def until(self, true: Callable[[], bool], seconds: float = 20) -> bool:
        limit = time.monotonic() + seconds
        while not true():
            if time.monotonic() > limit:
                return False
            self.read(0.05)
        return True

    def press(self, keys: bytes) -> None:
        os.write(self.master, keys)

    def ended(self) -> int:
        """Return the exit code."""
        assert self.until(lambda: self.process.poll() is not None), self.frame()
        self.read(0.1)
        return self.process.wait()

    def is_restored(self) -> bool:
        after: list[Any] = termios.tcgetattr(self.slave)
        return (
            after == self.before
            and self.written.count(ENTERED) == self.written.count(LEFT) == 1
            and CURSOR in self.written.partition(LEFT)[0][-20:] + self.written.partition(LEFT)[2]
        )


def test_it_goes_on_until_q_and_says_when_the_server_is_gone() -> None:
    server = open_server(ServerSettings(provider="embedded"))
    try:
        with Terminal("--interval", "0.2", server.url("postgres")) as terminal:
            assert terminal.shows("PostgreSQL 18")
            with server.connect(application_name="newcomer") as connection:
                connection.execute("BEGIN")
                assert terminal.shows("newcomer")
                assert terminal.shows("Idle in transaction")
            server.stop()
            assert terminal.shows("no answer for ")
            assert terminal.shows("asked again")
            assert "PostgreSQL 18" not in terminal.frame()
            terminal.press(b"x")
            terminal.press(b"q")
            assert terminal.ended() == 0
            assert terminal.is_restored()
    finally:
        server.stop()


def test_an_application_that_comes_back_is_shown_again(embedded_server: Server) -> None:
    engine = create_engine(embedded_server.url("postgres", "psycopg"))
    observer = observe.install(engine, name="main")
    url = observer.serve()
    port = int(url.rpartition(":")[2])
    try:
        with engine.connect() as connection, Terminal("--interval", "0.2", url, rows=24, NO_COLOR="1") as terminal:
            connection.execute(text("SELECT 1"))
            assert terminal.shows("Holders of connections")
            frame = terminal.frame()
            assert len(frame.splitlines()) <= 24
            assert all(len(line) <= 80 for line in frame.splitlines())
            assert "test_observe_top_live.py" in frame
            # Without colour there is bold and dim at most.
            assert not re.search(rb"\x1b\[[0-9;]*\b(?:3[0-7]|38|9[0-7])\b[0-9;]*m", terminal.written)
            observer.close()
            assert terminal.shows("Connection refused")
            observer = observe.install(engine, name="main")
            assert observer.serve(port) == url
            assert terminal.shows("Process")
            terminal.press(b"\x03")
            assert terminal.ended() == 0
            assert terminal.is_restored()
    finally:
        observer.close()
        engine.dispose()


def test_a_signal_leaves_the_terminal_as_it_was_and_a_stop_key_is_ignored(embedded_server: Server) -> None:
    with Terminal("--interval", "0.2", embedded_server.url("postgres")) as terminal:
        assert terminal.shows("PostgreSQL 18")
        terminal.press(b"\x1a")
        time.sleep(0.2)
        assert terminal.process.poll() is None
        fcntl.ioctl(terminal.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 12, 60, 0, 0))
        assert terminal.until(lambda: len(terminal.frame().splitlines()) == 12)
        assert all(len(line) <= 60 for line in terminal.frame().splitlines())
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.ended() == 128 + signal.SIGTERM
        assert terminal.is_restored()


def test_one_that_does_not_answer_holds_up_neither_the_others_nor_the_end(embedded_server: Server) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=5) as silent:
        urls = [f"http://127.0.0.1:{silent.getsockname()[1]}", embedded_server.url("postgres")]
        with Terminal("--interval", "0.2", *urls) as terminal:
            assert terminal.shows("PostgreSQL 18")
            assert b"no answer" not in terminal.written.partition(b"PostgreSQL 18")[0]
            began = time.monotonic()
            terminal.press(b"q")
            assert terminal.ended() == 0
            assert time.monotonic() - began < 4
            assert terminal.is_restored()


def test_json_is_a_line_for_each_reading(embedded_server: Server) -> None:
    command = [sys.executable, "-m", "greenshift", "top", "--json", "--interval", "0.1"]
    with subprocess.Popen(
        [*command, embedded_server.url("postgres")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        lines = [json.loads(process.stdout.readline()) for _ in range(3)]
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=10)
    assert process.returncode == 0
    assert said == ""
    assert lines[0]["at"] < lines[1]["at"] < lines[2]["at"]
    assert all(line["sources"][0]["database"]["version"].startswith("18") for line in lines)


def test_a_terminal_that_knows_only_ascii(embedded_server: Server) -> None:
    with embedded_server.connect(application_name="newcomer") as connection:
        connection.execute("BEGIN")
        connection.execute(
            "SELECT 'größer als 20 Zeichen, und deshalb gekürzt, wie alles, was nicht in die Zeile passt'"
        )
        ended = subprocess.run(
            [sys.executable, "-m", "greenshift", "top", "--once", embedded_server.url("postgres")],
            capture_output=True,
            check=True,
            env={**os.environ, "PYTHONIOENCODING": "ascii"},
        )
    shown = ended.stdout.decode("ascii")
    assert "#......." in shown
    assert "SELECT 'gr" in shown


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["postgresql://me:geheim@127.0.0.1:1/app"], "no terminal"),
        (["--once", "mysql://me:geheim@127.0.0.1/app"], "neither the URL"),
    ],
)
def test_wrong_use_is_two_lines(arguments: list[str], part: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "greenshift", "top", *arguments], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert part in ended.stderr
    assert [line.partition(":")[0] for line in ended.stderr.splitlines()] == ["error", "fix"]
    assert "geheim" not in ended.stderr
