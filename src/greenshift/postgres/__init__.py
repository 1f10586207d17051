"""A real PostgreSQL: servers, templates, databases, rewind."""

from greenshift.postgres.address import Address
from greenshift.postgres.backends import Backend
from greenshift.postgres.clones import ClonePool
from greenshift.postgres.database import Database, psql_command
from greenshift.postgres.disk_full import explain_disk_full
from greenshift.postgres.dropping import drop_database
from greenshift.postgres.errors import (
    DatabaseError,
    DiskFullError,
    ForeignDatabaseError,
    ServerError,
    ServerProgramsError,
    ServerTooOldError,
    TemplateError,
)
from greenshift.postgres.foreign import is_ours, open_existing
from greenshift.postgres.kept import KeptServer, kept_server, stop_kept
from greenshift.postgres.listing import ListedDatabase, list_databases
from greenshift.postgres.marker import Marker, database_name
from greenshift.postgres.owned import OwnedServer
from greenshift.postgres.providers import keep_server, open_server
from greenshift.postgres.rewind import RewindReport
from greenshift.postgres.run import Run, reap
from greenshift.postgres.server import Server
from greenshift.postgres.settings import ServerSettings
from greenshift.postgres.template import Template, TemplateSource, TemplateTarget

__all__ = [
    "Address",
    "Backend",
    "ClonePool",
    "Database",
    "DatabaseError",
    "DiskFullError",
    "ForeignDatabaseError",
    "KeptServer",
    "ListedDatabase",
    "Marker",
    "OwnedServer",
    "RewindReport",
    "Run",
    "Server",
    "ServerError",
    "ServerProgramsError",
    "ServerSettings",
    "ServerTooOldError",
    "Template",
    "TemplateError",
    "TemplateSource",
    "TemplateTarget",
    "database_name",
    "drop_database",
    "explain_disk_full",
    "is_ours",
    "keep_server",
    "kept_server",
    "list_databases",
    "open_existing",
    "open_server",
    "psql_command",
    "reap",
    "stop_kept",
]
