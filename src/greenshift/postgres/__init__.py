"""A real PostgreSQL: servers, templates, databases, rewind."""

from greenshift.postgres.address import Address
from greenshift.postgres.databases.backends import Backend
from greenshift.postgres.databases.clones import ClonePool
from greenshift.postgres.databases.database import Database, psql_command
from greenshift.postgres.databases.dropping import drop_database
from greenshift.postgres.databases.foreign import is_ours, open_existing
from greenshift.postgres.databases.listing import ListedDatabase, list_databases
from greenshift.postgres.databases.marker import Marker, database_name
from greenshift.postgres.databases.rewind import RewindReport
from greenshift.postgres.databases.run import Run, reap
from greenshift.postgres.databases.template import Template, TemplateSource, TemplateTarget
from greenshift.postgres.errors import (
    DatabaseError,
    DiskFullError,
    ForeignDatabaseError,
    ReplicationError,
    ServerError,
    ServerProgramsError,
    ServerTooOldError,
    TemplateError,
)
from greenshift.postgres.server import Server
from greenshift.postgres.servers.disk_full import explain_disk_full
from greenshift.postgres.servers.kept import KeptServer, kept_server, stop_kept
from greenshift.postgres.servers.owned import OwnedServer
from greenshift.postgres.servers.providers import keep_server, open_server
from greenshift.postgres.servers.replica import Lag, ReplicaServer
from greenshift.postgres.servers.settings import ServerSettings

__all__ = [
    "Address",
    "Backend",
    "ClonePool",
    "Database",
    "DatabaseError",
    "DiskFullError",
    "ForeignDatabaseError",
    "KeptServer",
    "Lag",
    "ListedDatabase",
    "Marker",
    "OwnedServer",
    "ReplicaServer",
    "ReplicationError",
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
