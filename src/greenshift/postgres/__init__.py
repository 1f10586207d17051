"""A real PostgreSQL: servers, templates, databases, rewind."""

from greenshift.postgres.address import Address
from greenshift.postgres.disk_full import explain_disk_full
from greenshift.postgres.errors import (
    DatabaseError,
    DiskFullError,
    ForeignDatabaseError,
    ServerError,
    ServerProgramsError,
    ServerTooOldError,
    TemplateError,
)
from greenshift.postgres.kept import KeptServer, kept_server, stop_kept
from greenshift.postgres.owned import OwnedServer
from greenshift.postgres.providers import keep_server, open_server
from greenshift.postgres.server import Server
from greenshift.postgres.settings import ServerSettings

__all__ = [
    "Address",
    "DatabaseError",
    "DiskFullError",
    "ForeignDatabaseError",
    "KeptServer",
    "OwnedServer",
    "Server",
    "ServerError",
    "ServerProgramsError",
    "ServerSettings",
    "ServerTooOldError",
    "TemplateError",
    "explain_disk_full",
    "keep_server",
    "kept_server",
    "open_server",
    "stop_kept",
]
