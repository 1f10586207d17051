"""A running PostgreSQL server, wherever it came from."""

from __future__ import annotations

from typing import LiteralString

import psycopg

from greenshift.postgres.address import Address


class Server:
    """One running PostgreSQL server.

    Args:
        address: where it listens and as whom to log in.
        provider: ``url``, ``kept``, ``embedded``, ``installed`` or ``container``.
        version: ``server_version_num``, for example 180001.
        owned: whether Greenshift started it, so that its settings and its end are Greenshift's to choose.
        maintenance_database: the database to connect to for creating and dropping others.
        in_memory: whether its data directory lies in RAM.
        notice: one line that the user should see, or None (for example: why the data lies on disk).
        start_seconds: how long it took to start; 0 where it ran already.
    """

    def __init__(
        self,
        address: Address,
        *,
        provider: str,
        version: int,
        owned: bool,
        maintenance_database: str = "postgres",
        in_memory: bool = False,
        notice: str | None = None,
        start_seconds: float = 0.0,
    ) -> None:
        self.address = address
        self.provider = provider
        self.version = version
        self.owned = owned
        self.maintenance_database = maintenance_database
        self.in_memory = in_memory
        self.notice = notice
        self.start_seconds = start_seconds

    def url(self, database: str | None = None, driver: str | None = None) -> str:
        """Return the URL of a database on this server; of the maintenance database by default."""
        return self.address.url(database or self.maintenance_database, driver)

    def connect(
        self, database: str | None = None, *, application_name: LiteralString = "greenshift"
    ) -> psycopg.Connection[tuple[object, ...]]:
        """Open an autocommit connection to a database on this server; to the maintenance database by default.

        Raises:
            psycopg.OperationalError: the server cannot be reached.
        """
        arguments = self.address.connection_arguments(database or self.maintenance_database)
        return psycopg.connect(**arguments, autocommit=True, application_name=application_name)  # type: ignore[arg-type]

    def stop(self) -> None:
        """End the server where it is ours alone; do nothing to any other. Safe to call twice."""
