"""The proxy as its owner sees it: an address to connect to, and what it costs."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self

from greenshift.load.delay import forwarding
from greenshift.load.delay.errors import DelayError
from greenshift.postgres import Address

# Seconds.
_PATIENCE: Final = 10.0
_FIX: Final = "see whether this machine has memory, processes and descriptors left, or go without a delay"


@dataclass(frozen=True, slots=True)
class DelayFigures:
    """What a proxy has done so far.

    Attributes:
        processor_seconds: of processor time that its process used, since its start.
        connections: how many were opened.
        open_connections: how many of them are open.
        chunks: how many pieces of data were passed on, in both directions.
        bytes: how much that was.
        late_seconds: how much longer than asked for a chunk was held back, on average.
        latest_seconds: how much longer the latest of all was.
    """

    processor_seconds: float
    connections: int
    open_connections: int
    chunks: int
    bytes: int
    late_seconds: float
    latest_seconds: float


class DelayProxy:
    """A process between an application and its server that holds back each direction for half of a round trip.

    What is sent arrives in its order, and any amount is on its way at once: a large result takes the delay once.
    It listens as the server does: on a Unix socket in a folder of its own, or on a free port of 127.0.0.1. Encryption
    and requests to cancel pass through. A new connection takes a round trip, as the handshake of TCP does. It ends with
    :meth:`close`, and at the latest with the process that started it, however that ends.

    Args:
        server: where the server is.
        seconds: the round trip to add; with 0 there is no process, and the address is the server's own.

    Raises:
        DelayError: the proxy did not start, or the server's address cannot be had from it.
    """

    def __init__(self, server: Address, seconds: float) -> None:
        self.server = server
        self.seconds = seconds
        self.address = server
        self._owner = os.getpid()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._last = DelayFigures(0.0, 0, 0, 0, 0, 0.0, 0.0)
        if seconds > 0:
            _refuse(server)
            self._start()

    @property
    def pid(self) -> int | None:
        """The number of its process; None where it has none, and after its end."""
        return None if self._process is None else self._process.pid

    def url(self, database: str, driver: str | None = None) -> str:
        """Return the SQLAlchemy URL of a database, by way of the proxy.

        Args:
            database: the database's name.
            driver: ``asyncpg``, ``psycopg``, ``psycopg2``...; None leaves the driver out (a libpq URL).
        """
        return self.address.url(database, driver)

    def processor_seconds(self) -> float:
        """Return the processor time that the proxy has used since its start; what it was at its end, after that."""
        return self.figures().processor_seconds

    def figures(self) -> DelayFigures:
        """Return what the proxy has done so far; after its end, what it was then.

        Raises:
            DelayError: its process is gone.
        """
        with self._lock:
            if self._process is not None and os.getpid() == self._owner:
                answer = self._answer(b"figures\n")
                names = (field.name for field in dataclasses.fields(DelayFigures))
                self._last = DelayFigures(**dict(zip(names, answer.values(), strict=True)))
            return self._last

    def close(self) -> None:
        """End the proxy and close what goes through it. Does nothing in a forked child, nor the second time."""
        process = self._process
        if process is None or os.getpid() != self._owner:
            return
        try:
            self.figures()
        except DelayError:
            pass  # it is gone already
        self._process = None
        self._end(process)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _start(self) -> None:
        self._line, theirs = socket.socketpair()
        self._line.settimeout(_PATIENCE)
        self._reader = self._line.makefile("rb")
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", forwarding.__file__],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                cwd="/",
            )
        server = self.server
        instructions = {
            "server": f"{server.host}/.s.PGSQL.{server.port}" if server.is_socket else [server.host, server.port],
            "port": server.port,
            "delay": self.seconds / 2,
            "parent": os.getpid(),
        }
        try:
            answer = self._answer(json.dumps(instructions).encode() + b"\n")
            if "error" in answer:
                raise DelayError(f"the proxy before the database did not start: {answer['error']}", _FIX)
        except BaseException:
            self._end(process)
            raise
        self._process = process
        self.address = dataclasses.replace(server, host=answer["host"], port=answer["port"])

    def _answer(self, request: bytes) -> dict[str, Any]:
        try:
            self._line.sendall(request)
            line = self._reader.readline()
        except OSError:
            line = b""
        if not line:
            raise DelayError("the proxy before the database is gone, or does not answer", _FIX)
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        try:
            # Closing alone would not do where a forked child holds a copy.
            self._line.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._reader.close()
        self._line.close()
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if self.address.is_socket and self.address is not self.server:
            shutil.rmtree(self.address.host, ignore_errors=True)  # where it could not do so itself


def delayed(server: Address, seconds: float) -> DelayProxy:
    """Put a server further away, for as long as a ``with`` block or until ``close()``.

    ``with delayed(server.address, 0.005) as proxy: create_engine(proxy.url("app", "psycopg"))``

    Args:
        server: where the server is.
        seconds: the round trip to add, half of it in each direction; 0 for none.

    Raises:
        DelayError: the proxy did not start, or the server's address cannot be had from it.
    """
    return DelayProxy(server, seconds)


def _refuse(server: Address) -> None:
    """Raise where a client would not accept the proxy in the server's place."""
    if "," in server.host or "hostaddr" in server.parameters:
        raise DelayError(
            "the database's URL names several addresses", "name one host for it: the proxy stands before one server"
        )
    if server.parameters.get("sslmode") == "verify-full":
        raise DelayError(
            "the database's URL has sslmode=verify-full, and the proxy's host is not the certificate's",
            "use sslmode=verify-ca, or go without a delay",
        )
