"""The process that holds back what an application and its PostgreSQL server say to each other.

It is run as a program (``python -I -S forwarding.py``), so that its work is not the application's; hence it is one
file that imports nothing but the standard library. Its instructions come as one line of JSON over the socket that is
its standard input; it answers with one, and from then on with its figures whenever a line arrives. When the other end
of that socket is gone, it ends.

Every chunk is passed on when it has been here for the delay, however many are on their way: that costs time and no
throughput, as a long line does. The delay is the same for all, so one queue keeps them in the order of their release.
Opening a connection takes the delay twice before the first byte, as the handshake of TCP does.
"""

from __future__ import annotations

import json
import os
import resource
import select
import selectors
import shutil
import signal
import socket
import tempfile
import time
from collections import deque
from collections.abc import Callable

Action = Callable[[bytes | None], None]

BUFFER = bytearray(256 * 1024)
VIEW = memoryview(BUFFER)
# An end takes this much that the other end does not, and for long lines what a fast one carries in that time.
ROOM = 4 * 1024 * 1024
BYTES_PER_SECOND = 2_000_000_000
# Seconds: what is due so soon is passed on at once, which is nearer to its time than waking up again.
EARLY = 0.00002
PARENT_POLL = 1.0
RETRY_SECONDS = 0.001
# The path of a socket may have 107 characters (103 on macOS).
LONGEST_PARENT = 55


class Forwarder:
    """Passes on what arrives, later.

    Args:
        server: a path of a Unix socket, or a pair of host and port.
        delay: of each direction, in seconds.
    """

    def __init__(self, server: str | tuple[str, int], delay: float) -> None:
        self.family = socket.AF_UNIX if isinstance(server, str) else socket.AF_INET
        self.server: str | tuple[str, int] = server
        if isinstance(server, tuple):
            found = socket.getaddrinfo(*server, type=socket.SOCK_STREAM)[0]
            self.family, self.server = found[0], (str(found[4][0]), int(found[4][1]))
        self.delay = delay
        self.room = ROOM + int(delay * BYTES_PER_SECOND)
        self.queue: deque[tuple[float, Action, bytes | None]] = deque()
        self.selector = selectors.DefaultSelector()
        self.connections = self.open = self.chunks = self.bytes = self.released = 0
        self.late = self.latest = 0.0

    def listen(self, listener: socket.socket) -> None:
        """Take connections from a socket."""

        def accept(events: int) -> None:
            try:
                client, _ = listener.accept()
            except OSError:  # gone again, or no descriptor is free: then others wait in the kernel's queue
                self.selector.unregister(listener)
                self.later(lambda _: self.listen(listener), None, RETRY_SECONDS)
                return
            self.connections += 1
            self.open += 1
            self.later(Connection(self, client).reach_server, None)

        self.selector.register(listener, selectors.EVENT_READ, accept)

    def later(self, action: Action, data: bytes | None, seconds: float | None = None) -> None:
        """Have something done after the delay, or sooner."""
        due = time.monotonic() + (self.delay if seconds is None else min(seconds, self.delay))
        self.queue.append((due, action, data))

    def run(self, ended: Callable[[], bool]) -> None:
        """Forward until told otherwise, which is asked about once a second."""
        queue, selector, clock = self.queue, self.selector, time.monotonic
        descriptor = [selector.fileno()]
        asked = clock()
        while True:
            now = clock()
            while queue and queue[0][0] <= now + EARLY:
                due, action, data = queue.popleft()
                self.released += 1
                self.late += now - due
                self.latest = max(self.latest, now - due)
                action(data)
            if now - asked > PARENT_POLL:
                asked = now
                if ended():
                    return
            wait = queue[0][0] - clock() if queue else PARENT_POLL
            # A selector's own timeout is in whole milliseconds; select() takes microseconds, of a selector as well.
            if wait > 0 and not select.select(descriptor, (), (), min(wait, PARENT_POLL))[0]:
                continue
            for key, events in selector.select(0):
                key.data(events)

    def figures(self) -> dict[str, float]:
        """Return what it has done so far, and at what cost; times in seconds."""
        return {
            "processor": time.process_time(),
            "connections": self.connections,
            "open": self.open,
            "chunks": self.chunks,
            "bytes": self.bytes,
            "late": max(0.0, self.late / max(1, self.released)),
            "latest": self.latest,
        }


class Connection:
    """A client's connection and the one to the server that answers to it."""

    def __init__(self, forwarder: Forwarder, client: socket.socket) -> None:
        self.forwarder = forwarder
        self.client = End(self, client)
        self.server = End(self, socket.socket(forwarder.family, socket.SOCK_STREAM))
        self.client.other, self.server.other = self.server, self.client

    def reach_server(self, _: bytes | None) -> None:
        """Open the connection to the server; the client hears of it after the delay."""
        try:
            self.server.socket.connect(self.forwarder.server)
        except BlockingIOError:
            if self.forwarder.family == socket.AF_UNIX:  # the server's queue of new connections is full
                self.forwarder.later(self.reach_server, None, RETRY_SECONDS)
                return
        except OSError:
            self.forwarder.later(self.close, None)
            return
        self.server.watch(reading=True)
        self.forwarder.later(lambda _: self.client.watch(reading=True), None)

    def close(self, _: bytes | None = None) -> None:
        """Close both ends."""
        if self.client.socket.fileno() >= 0:
            self.forwarder.open -= 1
            for end in (self.client, self.server):
                end.watch(reading=False, writing=False)
                end.socket.close()


class End:
    """One of the two ends: what arrives here is for the other."""

    other: End

    def __init__(self, connection: Connection, end: socket.socket) -> None:
        self.connection = connection
        self.socket = end
        end.setblocking(False)
        if end.family != socket.AF_UNIX:
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.waiting: deque[memoryview] = deque()
        self.coming = 0  # bytes for this end, on their way or waiting
        self.said_all = False  # nothing more arrives from here
        self.told_all = False  # nothing more will be sent here
        self.finish = False  # told all when nothing waits
        self.events = 0

    def watch(self, *, reading: bool | None = None, writing: bool | None = None) -> None:
        """Wait for data, or for room; None leaves it as it is."""
        selector, events = self.connection.forwarder.selector, self.events
        for wanted, event in ((reading, selectors.EVENT_READ), (writing, selectors.EVENT_WRITE)):
            if wanted is not None:
                events = events | event if wanted else events & ~event
        if events == self.events or self.socket.fileno() < 0:
            return
        if not events:
            selector.unregister(self.socket)
        elif self.events:
            selector.modify(self.socket, events, self.ready)
        else:
            selector.register(self.socket, events, self.ready)
        self.events = events

    def ready(self, events: int) -> None:
        """Take what is there, and give what waits."""
        if events & selectors.EVENT_WRITE and self.events & selectors.EVENT_WRITE:
            self.send()
        if events & selectors.EVENT_READ and self.events & selectors.EVENT_READ:
            self.receive()

    def receive(self) -> None:
        """Take what is there; it is due at the other end after the delay."""
        forwarder, other = self.connection.forwarder, self.other
        try:
            count = self.socket.recv_into(BUFFER)
        except BlockingIOError:
            return
        except OSError:
            count = 0
        if count == 0:
            self.said_all = True
            self.watch(reading=False)
            forwarder.later(other.deliver, None)
            return
        forwarder.chunks += 1
        forwarder.bytes += count
        if other.told_all:  # nobody takes it any more
            return
        other.coming += count
        forwarder.later(other.deliver, bytes(VIEW[:count]))
        if other.coming > forwarder.room:
            self.watch(reading=False)

    def deliver(self, data: bytes | None) -> None:
        """Send what is due here; None says that there is no more."""
        if data is None:
            self.finish = True
        elif self.told_all:
            return
        else:
            self.waiting.append(memoryview(data))
        if not self.events & selectors.EVENT_WRITE:
            self.send()

    def send(self) -> None:
        """Give what waits, as far as it is taken."""
        while self.waiting:
            data = self.waiting[0]
            try:
                count = self.socket.send(data)
            except BlockingIOError:
                self.watch(writing=True)
                return
            except OSError:  # gone; what it said before that is still passed on
                self.waiting.clear()
                self.coming = 0
                self.told_all = True
                break
            self.coming -= count
            if count == len(data):
                self.waiting.popleft()
            else:
                self.waiting[0] = data[count:]
        self.watch(writing=False)
        if self.finish and not self.told_all:
            self.told_all = True
            try:
                self.socket.shutdown(socket.SHUT_WR)
            except OSError:
                pass
        if self.told_all and self.other.told_all:
            self.connection.close()
        elif self.coming <= self.connection.forwarder.room // 2 and not self.other.said_all:
            self.other.watch(reading=True)


class Ended(Exception):  # noqa: N818 - not an error
    """The owner is gone, or wants the end."""


def end(*_: object) -> None:
    """End, after a signal."""
    raise Ended


def listener_for(server: str | tuple[str, int], port: int) -> tuple[socket.socket, str]:
    """Return a socket of the server's kind to listen on, and its host: the folder of a Unix socket."""
    if isinstance(server, tuple):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.bind(("127.0.0.1", 0))
        return listener, "127.0.0.1"
    parent = tempfile.gettempdir()
    folder = tempfile.mkdtemp(prefix="greenshift-delay-", dir=parent if len(parent) <= LONGEST_PARENT else "/tmp")  # noqa: S108
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(f"{folder}/.s.PGSQL.{port}")
    return listener, folder


def main() -> None:
    """Forward until the owner is gone."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, end)
    owner = socket.socket(fileno=0)
    instructions = json.loads(owner.makefile("rb").readline())
    parent = instructions["parent"]
    server = tuple(instructions["server"]) if isinstance(instructions["server"], list) else instructions["server"]
    try:
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    except (OSError, ValueError):  # macOS knows no limit, and refuses to set that
        pass
    try:
        with open("/proc/self/timerslack_ns", "w") as slack:  # Linux lets sleepers sleep 0.05 ms longer
            slack.write("1")
    except OSError:
        pass
    folder = ""
    try:
        forwarder = Forwarder(server, instructions["delay"])
        listener, host = listener_for(server, instructions["port"])
        folder = host if listener.family == socket.AF_UNIX else ""
        listener.listen(4096)
        listener.setblocking(False)
        port = instructions["port"] if folder else listener.getsockname()[1]
        forwarder.listen(listener)

        def answer(events: int) -> None:
            if not owner.recv(64):
                raise Ended
            owner.sendall(json.dumps(forwarder.figures()).encode() + b"\n")

        forwarder.selector.register(owner, selectors.EVENT_READ, answer)
        owner.sendall(json.dumps({"host": host, "port": port}).encode() + b"\n")
        # A process that its owner forked may hold the other end of the socket open: the parent is asked for as well.
        forwarder.run(lambda: os.getppid() != parent)
    except (Ended, BrokenPipeError, ConnectionResetError):
        pass
    except OSError as error:
        owner.sendall(json.dumps({"error": error.strerror or str(error)}).encode() + b"\n")
    finally:
        if folder:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
