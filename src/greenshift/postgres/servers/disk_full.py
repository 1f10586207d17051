"""Recognise a server that ran out of room, which PostgreSQL reports in several ways."""

from __future__ import annotations

import os

import psycopg

from greenshift.postgres.errors import DiskFullError
from greenshift.postgres.server import Server
from greenshift.postgres.servers.owned import OwnedServer

NO_ROOM = 1024 * 1024
NO_ROOM_MESSAGE = "No space left on device"


def explain_disk_full(exception: BaseException, server: Server | None = None) -> DiskFullError | None:
    """Return an explanation of a failure where its reason is that the server's data has no room, else None.

    Args:
        exception: what a statement raised: psycopg's own exception, or one that carries it (SQLAlchemy's).
        server: where it was sent, so that a server that went down for lack of room is recognised as well.
    """
    for link in _chain(exception):
        if getattr(link, "sqlstate", None) == "53100" or NO_ROOM_MESSAGE in str(link):
            return _error(server, str(link).splitlines()[0])
        if isinstance(link, psycopg.OperationalError) and server is not None and _went_down_for_it(server):
            return _error(server, "the server went down")
    return None


def _error(server: Server | None, reason: str) -> DiskFullError:
    directory = getattr(server, "directory", None)
    place = "the server's data directory" if directory is None else f"{directory}, the server's folder,"
    if server is not None and server.in_memory:
        fix = 'give /dev/shm more room (in Docker: --shm-size=1g), or choose data = "disk"'
    else:
        fix = 'free some space there, or choose another place: data = "disk", TMPDIR, or directory'
    return DiskFullError(f"{place} has no room left: {reason}", fix)


def _went_down_for_it(server: Server) -> bool:
    if isinstance(server, OwnedServer) and NO_ROOM_MESSAGE in (server.last_words() or ""):
        return True
    directory = getattr(server, "directory", None)
    if directory is None:
        return False
    try:
        status = os.statvfs(directory)
    except OSError:
        return False
    return status.f_bavail * status.f_frsize < NO_ROOM


def _chain(exception: BaseException | None) -> list[BaseException]:
    links: list[BaseException] = []
    while exception is not None and exception not in links:
        links.append(exception)
        original = getattr(exception, "orig", None)
        exception = original if isinstance(original, BaseException) else exception.__cause__
    return links
