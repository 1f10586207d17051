"""A real PostgreSQL: servers, templates, databases, rewind."""

from greenshift.postgres.address import Address
from greenshift.postgres.errors import (
    DatabaseError,
    DiskFullError,
    ForeignDatabaseError,
    ServerError,
    ServerProgramsError,
    ServerTooOldError,
    TemplateError,
)
from greenshift.postgres.providers import open_server
from greenshift.postgres.server import Server
from greenshift.postgres.settings import ServerSettings

__all__ = [
    "Address",
    "DatabaseError",
    "DiskFullError",
    "ForeignDatabaseError",
    "Server",
    "ServerError",
    "ServerProgramsError",
    "ServerSettings",
    "ServerTooOldError",
    "TemplateError",
    "open_server",
]
