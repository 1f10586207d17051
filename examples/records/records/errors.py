"""What the records refuse. What the database refuses is psycopg's own: ``UniqueViolation``, ``NotNullViolation``..."""

from __future__ import annotations


class RecordError(Exception):
    """The base of these errors."""


class DefinitionError(RecordError, TypeError):
    """A model is declared in a way that cannot work."""


class NotBoundError(RecordError):
    """A model has no database: neither it nor a base of it was bound to one."""


class RecordNotFoundError(RecordError):
    """A record is to be changed or read again, and its row is not in the table."""
