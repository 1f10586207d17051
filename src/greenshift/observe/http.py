"""The figures over HTTP: mounted in the application, or from a thread of its own on loopback."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol

from greenshift.observe.errors import ObserveError
from greenshift.observe.metrics import Metric
from greenshift.observe.snapshot import Snapshot

_Message = MutableMapping[str, Any]

# Prometheus accepts it of every version that it still supports.
_METRICS = "/metrics"
_SNAPSHOT = "/greenshift.json"


class Figures(Protocol):
    """What is served: an observer."""

    def snapshot(self) -> Snapshot:
        """Return a snapshot of this process."""
        ...

    def metrics(self) -> list[Metric]:
        """Return the metrics, of all workers."""
        ...


def answer(path: str, figures: Figures) -> tuple[int, str, bytes]:
    """Return the status, the content type and the body of an answer.

    Args:
        path: what was asked for; a prefix under which it is mounted does not matter.
        figures: what is served.
    """
    if path.endswith(_SNAPSHOT):
        return 200, "application/json", json.dumps(figures.snapshot().as_dict()).encode()
    if path.endswith(_METRICS):
        try:
            from greenshift.observe.prometheus import CONTENT_TYPE, text
        except ObserveError as error:
            return 501, "text/plain; charset=utf-8", str(error).encode()
        return 200, CONTENT_TYPE, text(figures.metrics())
    return 404, "text/plain; charset=utf-8", f"{_METRICS} or {_SNAPSHOT}\n".encode()


class Application:
    """An ASGI application.

    Args:
        figures: what is served.
    """

    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    async def __call__(
        self,
        scope: _Message,
        receive: Callable[[], Awaitable[_Message]],
        send: Callable[[_Message], Awaitable[None]],
    ) -> None:
        """Answer one request; of anything but HTTP nothing is known here."""
        if scope["type"] == "lifespan":
            while (await receive())["type"] != "lifespan.shutdown":
                await send({"type": "lifespan.startup.complete"})
            await send({"type": "lifespan.shutdown.complete"})
        elif scope["type"] == "http":
            reads = scope["method"] in ("GET", "HEAD")
            status, kind, body = 405, "text/plain; charset=utf-8", b"GET\n"
            if reads:
                # Other workers are asked, which takes time.
                status, kind, body = await asyncio.to_thread(answer, scope["path"], self._figures)
            headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


class Server:
    """A thread that answers.

    Args:
        figures: what is served.
        host: the address to listen on.
        port: 0 for any that is free.
        before: the one that is serving already, or None.

    Attributes:
        url: where.

    Raises:
        ObserveError: the address is taken, or there is one already.
    """

    url: str

    def __init__(self, figures: Figures, host: str, port: int, before: Server | None) -> None:
        if before is not None:
            raise ObserveError(f"the observer serves already, at {before.url}", "call serve() once")

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, kind, body = answer(self.path.partition("?")[0], figures)
                self.send_response(status)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        try:
            self._server = ThreadingHTTPServer((host, port), Handler)
        except OSError as error:
            raise ObserveError(
                f"cannot listen on {host}:{port}: {error.strerror}", "choose another port, or 0"
            ) from None
        self._server.daemon_threads = True
        self.url = f"http://{host}:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, name="greenshift-observe", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def abandon(self) -> None:
        """Let go of the socket in a forked child, whose parent goes on answering."""
        self._server.socket.close()
