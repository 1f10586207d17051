"""PostgreSQL from nothing."""

from __future__ import annotations

from greenshift.demo.ground import Ground
from greenshift.demo.step import Found, Tell
from greenshift.postgres import Server, ServerProgramsError, ServerSettings, open_server
from greenshift.postgres.servers.binaries import version_name


def start_server(ground: Ground, tell: Tell) -> Found:
    """Start a server that ends with the demo; one that `greenshift up` keeps is left alone.

    Raises:
        ServerError: none can be had.
    """
    server = _started(tell)
    ground.resources.callback(server.stop)
    ground.server = server
    place = "in RAM" if server.in_memory else "on disk"
    data = {
        "version": version_name(server.version),
        "provider": server.provider,
        "in_memory": server.in_memory,
        "start_seconds": round(server.start_seconds, 3),
    }
    words = f"PostgreSQL {data['version']} ({server.provider}), {place}, up after {server.start_seconds:.2f} s"
    return Found(words, (server.notice,) if server.notice else (), data)


def _started(tell: Tell) -> Server:
    try:
        return open_server(ServerSettings(provider="embedded", listen="tcp"), say=tell)
    except ServerProgramsError:
        # Where the package brings no PostgreSQL for this machine, an installed one is as new.
        return open_server(ServerSettings(provider="installed", listen="tcp"), say=tell)
