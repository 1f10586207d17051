"""A running PostgreSQL server, wherever it came from."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, LiteralString, Self

import psycopg

from greenshift.postgres.address import Address
from greenshift.postgres.errors import ReplicationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from greenshift.postgres.servers.replica import ReplicaServer

# A replica does not write, and a primary does not replay.
POSITION = "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END::text"


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

    def position(self) -> str:
        """Return the position (LSN) up to which the write-ahead log is written, or replayed on a replica.

        On a primary, asked after a commit, it is at or behind that commit, unless ``synchronous_commit`` is off.
        """
        with self.connect() as connection:
            row = connection.execute(POSITION).fetchone()
        assert row is not None
        return str(row[0])

    def replica(self, settings: Mapping[str, str] | None = None) -> ReplicaServer:
        """Start a streaming replica of this server, which ends with it; needs ``ServerSettings(replication=True)``.

        Args:
            settings: PostgreSQL's own settings of the replica, beside those of this server, such as
                ``{"recovery_min_apply_delay": "1s"}``.

        Raises:
            ReplicationError: this server is not one that Greenshift started for replication.
            ServerError: the replica did not start; the reason is PostgreSQL's own.
        """
        raise ReplicationError(
            f"no replica of a server of the kind {self.provider!r} can be started",
            "open one for it, without a URL: open_server(ServerSettings(replication=True))",
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End the server where it is ours alone; do nothing to any other. Safe to call twice."""
