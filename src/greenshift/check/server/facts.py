"""What a server said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class PgBouncerFacts:
    """What a PgBouncer said (``SHOW CONFIG``, ``SHOW VERSION``), or how it gave itself away.

    Attributes:
        version: such as ``(1, 21)``; empty if it did not say.
        pool_mode: ``session``, ``transaction`` or ``statement``; None if it did not say.
        settings: its configuration by name; empty if the user may not ask for it.
    """

    version: tuple[int, ...] = ()
    pool_mode: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What a server said.

    Attributes:
        address: host, port and database, for people; no secret in it.
        version: such as ``(15, 4)``.
        settings: ``SHOW`` of what rules ask for, by name, in ``pg_settings``'s units, as seen by this user in this
            database (``ALTER ROLE ... SET`` included).
        is_local: whether it is reached by a socket or the loopback interface.
        is_encrypted: whether this connection is encrypted.
        connections: how many client connections are open now.
        pgbouncer: the PgBouncer in front of it, if there is one.
    """

    address: str
    version: tuple[int, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    is_local: bool = False
    is_encrypted: bool = False
    connections: int = 0
    pgbouncer: PgBouncerFacts | None = None

    def number(self, name: str) -> int | None:
        """Return a setting as a number; None if it is not known.

        Args:
            name: the setting's name.
        """
        try:
            return int(self.settings[name])
        except (KeyError, ValueError):
            return None

    @property
    def usable_connections(self) -> int | None:
        """How many connections users without special rights may open: ``max_connections`` minus the reserved."""
        allowed = self.number("max_connections")
        if allowed is None:
            return None
        reserved = (self.number("superuser_reserved_connections") or 0) + (self.number("reserved_connections") or 0)
        return allowed - reserved
