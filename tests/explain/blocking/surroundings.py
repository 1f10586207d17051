"""What the programs of this folder may use."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Surroundings:
    """A folder with a file ``note.txt``, a web server that answers ``ok``, and a database's URL."""

    folder: Path
    http_url: str = ""
    database_url: str = ""

    @property
    def note(self) -> Path:
        return self.folder / "note.txt"

    @property
    def sync_url(self) -> str:
        return self.database_url

    @property
    def async_url(self) -> str:
        return self.database_url.replace("+psycopg", "+asyncpg")


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        pass


class _Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Clients that go away say nothing here."""


@contextmanager
def web_server() -> Iterator[str]:
    server = _Server(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()
