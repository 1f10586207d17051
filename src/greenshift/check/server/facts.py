"""What a server said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


def number_of(settings: Mapping[str, str], name: str) -> int | None:
    """Return a setting as a number; None if it is not known.

    Args:
        settings: settings by name.
        name: the setting's name.
    """
    try:
        return int(settings[name])
    except (KeyError, ValueError):
        return None


@dataclass(frozen=True, slots=True)
class PgBouncerFacts:
    """What a PgBouncer said (``SHOW VERSION``, ``SHOW CONFIG``, ``SHOW DATABASES``), or how it gave itself away.

    Attributes:
        version: such as ``(1, 21, 0)``; empty if it did not say: then it may be another pooler that behaves like it.
        pool_mode: ``session``, ``transaction`` or ``statement``, for the database that was asked for; None if that
            could not be told.
        settings: its configuration by name, times in seconds; empty if the user may not ask for it.
        pool_size: how many connections to the server it opens for the database and one user; None if it did not say.
        keeps_prepared_statements: whether prepared statements work although clients share connections
            (``max_prepared_statements``, from 1.21 on): as it said, or as it was tried; None if that could not be told.
    """

    version: tuple[int, ...] = ()
    pool_mode: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    pool_size: int | None = None
    keeps_prepared_statements: bool | None = None

    @property
    def shares_connections(self) -> bool:
        """Whether it surely gives a connection to another client after each transaction or statement."""
        return self.pool_mode in ("transaction", "statement")

    def number(self, name: str) -> int | None:
        """Return a setting as a number; None if it is not known.

        Args:
            name: the setting's name.
        """
        return number_of(self.settings, name)


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What a server said.

    Attributes:
        address: host, port and database, for people; no secret in it.
        version: such as ``(15, 4)``.
        settings: ``SHOW`` of what rules ask for, by name, in ``pg_settings``'s units (time-outs in milliseconds), as
            seen by this user in this database (``ALTER ROLE ... SET`` included).
        is_local: whether it is reached by a socket or the loopback interface.
        is_encrypted: whether this connection is encrypted.
        connections: how many client connections are open now.
        pgbouncer: the PgBouncer in front of it, if there is one.
        host: the host's name or address, or the socket's folder.
        user: who asked.
        role_settings: what ``ALTER ROLE ... SET`` gives other roles in this database, by role and name, as written.
        connection_limit: the database's ``CONNECTION LIMIT``; None if it has none.
    """

    address: str
    version: tuple[int, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    is_local: bool = False
    is_encrypted: bool = False
    connections: int = 0
    pgbouncer: PgBouncerFacts | None = None
    host: str = ""
    user: str = ""
    role_settings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    connection_limit: int | None = None

    def number(self, name: str) -> int | None:
        """Return a setting as a number; None if it is not known.

        Args:
            name: the setting's name.
        """
        return number_of(self.settings, name)

    @property
    def usable_connections(self) -> int | None:
        """How many connections users without special rights may open.

        That is ``max_connections`` minus the reserved, or the database's own limit if that is lower.
        https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-RESERVED-CONNECTIONS
        """
        allowed = self.number("max_connections")
        if allowed is None:
            return None
        reserved = (self.number("superuser_reserved_connections") or 0) + (self.number("reserved_connections") or 0)
        return allowed - reserved if self.connection_limit is None else min(allowed - reserved, self.connection_limit)
