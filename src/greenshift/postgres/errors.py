"""What can go wrong with servers, templates and databases."""

from __future__ import annotations

from greenshift.errors import GreenshiftError


class ServerError(GreenshiftError):
    """A PostgreSQL server could not be found, started, reached or used."""


class ServerTooOldError(ServerError):
    """The server runs a version of PostgreSQL that Greenshift does not work with."""


class ServerProgramsError(ServerError):
    """PostgreSQL's programs (``initdb``, ``postgres``, ``psql``...) are missing or unusable."""


class DiskFullError(ServerError):
    """The file system that holds the server's data has no room left."""


class ReplicationError(ServerError):
    """A replica cannot be had of this server, or has not replayed in time what was waited for."""


class TemplateError(GreenshiftError):
    """A template could not be built; ``__cause__`` is the failure of the migration, schema or seed itself."""


class DatabaseError(GreenshiftError):
    """A database could not be cloned, rewound, kept or dropped."""


class ForeignDatabaseError(DatabaseError):
    """A database that Greenshift did not make would have been changed; it was left alone."""
