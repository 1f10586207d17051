"""A streaming replica of a server that Greenshift started: a hot standby that reads may go to."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from secrets import token_hex

from greenshift.postgres.address import Address
from greenshift.postgres.errors import ReplicationError, ServerProgramsError
from greenshift.postgres.servers.launch import Launched, launch
from greenshift.postgres.servers.owned import OwnedServer
from greenshift.postgres.servers.settings import ServerSettings
from greenshift.postgres.servers.start_error import first_reason

SHORTEST_POLL = 0.0002
LONGEST_POLL = 0.01
STREAM_TIMEOUT = 10.0
# From here on pg_wal_replay_pause() only asks for the pause, and this function tells when it has begun.
ASKS_FOR_PAUSES = 140000
BEHIND = """
SELECT pg_wal_lsn_diff(%s, pg_last_wal_replay_lsn())::bigint,
       extract(epoch FROM clock_timestamp()
                          - coalesce(pg_last_xact_replay_timestamp(), pg_postmaster_start_time()))::float8
"""


@dataclass(frozen=True)
class Lag:
    """How far a replica is behind its primary.

    Args:
        bytes: what the primary has written to its log and the replica has not replayed.
        seconds: how long ago the newest transaction that the replica shows was committed on the primary, or the
            replica was made if it has replayed none, and 0 where everything is replayed. It is at least the age
            of what the replica does not show yet: after a time without commits it is that time.
    """

    bytes: int
    seconds: float


class ReplicaServer(OwnedServer):
    """A streaming replica. It ends with :meth:`stop`, with its primary, and at the latest with the process.

    Args:
        primary: the server that it replays.
        name: its name in the primary's ``pg_stat_replication.application_name``.
        launched: the running replica with its supervisor.
        settings: with which it was started.
    """

    def __init__(self, primary: OwnedServer, name: str, launched: Launched, settings: ServerSettings) -> None:
        super().__init__(launched, primary.programs, primary.account, settings, start_seconds=0.0)
        self.primary = primary
        self.name = name

    def lag(self) -> Lag:
        """Measure how far it is behind, by the positions of both servers.

        Raises:
            psycopg.OperationalError: one of them cannot be reached.
        """
        # Both are connected before either is asked: meanwhile the replica would catch up.
        with self.primary.connect() as primary, self.connect() as connection:
            written = primary.execute("SELECT pg_current_wal_lsn()").fetchone()
            behind, age = connection.execute(BEHIND, written).fetchone() or (0, 0.0)
        if not isinstance(behind, int) or behind <= 0:
            return Lag(0, 0.0)
        return Lag(behind, age if isinstance(age, float) else 0.0)

    def wait_for(self, position: str | None = None, *, timeout: float = 10.0) -> None:
        """Wait until it has replayed up to a position.

        Args:
            position: an LSN, such as ``0/3000148``; by default all that is committed on the primary by now, also
                with ``synchronous_commit = off``.
            timeout: for how many seconds at most.

        Raises:
            ReplicationError: it has not replayed that in time.
        """
        wanted = position if position is not None else self._written()
        limit = time.monotonic() + timeout
        pause = SHORTEST_POLL
        with self.connect() as connection:
            query = "SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn"
            while connection.execute(query, (wanted,)).fetchone() != (True,):
                if time.monotonic() > limit:
                    raise self._late(wanted, timeout)
                time.sleep(pause)
                pause = min(2 * pause, LONGEST_POLL)

    def pause(self) -> None:
        """Have the replay stand still: what the primary writes is received, and not shown, until :meth:`resume`."""
        with self.connect() as connection:
            connection.execute("SELECT pg_wal_replay_pause()")
            if self.version < ASKS_FOR_PAUSES:
                return
            while connection.execute("SELECT pg_get_wal_replay_pause_state()").fetchone() != ("paused",):
                time.sleep(SHORTEST_POLL)

    def resume(self) -> None:
        """Have the replay go on."""
        with self.connect() as connection:
            connection.execute("SELECT pg_wal_replay_resume()")

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Show what the primary has written by now, and nothing later, until the end of the block."""
        self.wait_for()
        self.pause()
        try:
            yield
        finally:
            self.resume()

    def is_paused(self) -> bool:
        """Whether its replay stands still."""
        with self.connect() as connection:
            return connection.execute("SELECT pg_is_wal_replay_paused()").fetchone() == (True,)

    def replica(self, settings: Mapping[str, str] | None = None) -> ReplicaServer:
        """Refuse: a replica is started of a primary."""
        raise ReplicationError("no replica of a replica can be started", "start another one of the primary")

    def _written(self) -> str:
        # This commit is written out, and with it all before it; commits that waited for nothing may not be otherwise.
        with self.primary.connect() as connection:
            connection.execute("SET synchronous_commit = local")
            connection.execute("SELECT pg_logical_emit_message(true, 'greenshift', '')")
            row = connection.execute("SELECT pg_current_wal_lsn()::text").fetchone()
        assert row is not None
        return str(row[0])

    def _late(self, wanted: str, timeout: float) -> ReplicationError:
        reached = self.position()
        if self.is_paused():
            return ReplicationError(
                f"the replica has not replayed {wanted} within {timeout:g} s: its replay is paused at {reached}",
                "let it go on: replica.resume()",
            )
        return ReplicationError(
            f"the replica has not replayed {wanted} within {timeout:g} s, it is at {reached}",
            "see whether the primary runs, whether it has written that, and whether a query on the replica holds it up",
        )


def start_replica(primary: OwnedServer, settings: ServerSettings) -> ReplicaServer:
    """Copy a running server with ``pg_basebackup``, start the copy, and wait until it receives what is written.

    Args:
        primary: the server, started for replication.
        settings: of the replica.

    Raises:
        ServerProgramsError: the primary's installation has no ``pg_basebackup``.
        ReplicationError: it started, and does not stream.
        ServerError: it did not start; the reason is PostgreSQL's own.
    """
    began = time.perf_counter()
    if not os.access(primary.programs.path("pg_basebackup"), os.X_OK):
        raise ServerProgramsError(
            f"{primary.programs.bin_directory} has no pg_basebackup, which copies the primary for a replica",
            'install PostgreSQL\'s client programs (Debian: postgresql-client-17), or use provider = "embedded"',
        )
    # The name by which a standby reports to its primary.
    name = "replica_" + token_hex(4)
    named = replace(settings, settings={"cluster_name": name, **settings.settings})
    socket = Address(str(primary.directory), primary.address.port, primary.address.user, primary.address.password)
    launched = launch(primary.programs, primary.account, named, primary=socket)
    replica = ReplicaServer(primary, named.settings["cluster_name"], launched, settings)
    try:
        _wait_until_it_streams(replica)
    except BaseException:
        replica.stop()
        raise
    replica.start_seconds = time.perf_counter() - began
    return replica


def _wait_until_it_streams(replica: ReplicaServer) -> None:
    # It takes connections before it is connected itself; and its own pg_stat_wal_receiver says so too early.
    limit = time.monotonic() + STREAM_TIMEOUT
    query = "SELECT FROM pg_stat_replication WHERE application_name = %s AND state IN ('catchup', 'streaming')"
    with replica.primary.connect() as connection:
        while connection.execute(query, (replica.name,)).fetchone() is None:
            if time.monotonic() > limit:
                reason = first_reason((replica.directory / "server.log").read_text(errors="replace"))
                raise ReplicationError(
                    f"the replica does not receive from its primary within {STREAM_TIMEOUT:g} s: {reason}",
                    "see whether the primary still runs, and which settings the replica was given",
                )
            time.sleep(SHORTEST_POLL)
