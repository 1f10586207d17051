"""A server that Greenshift starts itself, and that ends with the process that started it."""

from __future__ import annotations

import atexit
import os
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from greenshift.postgres.errors import ReplicationError
from greenshift.postgres.server import Server
from greenshift.postgres.servers.account import Account
from greenshift.postgres.servers.binaries import Programs
from greenshift.postgres.servers.launch import Launched, end_supervisor, launch, read_report
from greenshift.postgres.servers.settings import ServerSettings

if TYPE_CHECKING:
    from greenshift.postgres.servers.replica import ReplicaServer


class OwnedServer(Server):
    """A server of this process alone. It ends with :meth:`stop`, and at the latest with the process.

    Args:
        launched: the running server with its supervisor.
        programs: the installation that it runs.
        account: the system user that runs it.
        settings: with which it was started.
        start_seconds: how long that took.
    """

    def __init__(
        self,
        launched: Launched,
        programs: Programs,
        account: Account,
        settings: ServerSettings,
        *,
        start_seconds: float,
    ) -> None:
        super().__init__(
            launched.address,
            provider=programs.provider,
            version=programs.version,
            owned=True,
            in_memory=launched.location.in_memory,
            notice=launched.location.notice,
            start_seconds=start_seconds,
        )
        self.programs = programs
        self.account = account
        self.settings = settings
        self.directory = launched.supervised.directory
        self.supervised = launched.supervised
        self._owner = os.getpid()
        self._process: subprocess.Popen[bytes] | None = launched.process
        self._last_words: str | None = None
        self._replicas: list[ReplicaServer] = []
        atexit.register(self.stop)

    def last_words(self, seconds: float = 0.5) -> str | None:
        """Return the end of the log of a server that ended by itself, or None where it runs or was stopped.

        Args:
            seconds: how long to wait for it.
        """
        process = self._process
        if process is None or os.getpid() != self._owner:
            return None
        if self._last_words is None:
            report = read_report(process, seconds)
            self._last_words = str(report.get("message", "")) if report is not None else None
        return self._last_words

    def replica(self, settings: Mapping[str, str] | None = None) -> ReplicaServer:
        """Start a streaming replica: see :meth:`Server.replica`."""
        from greenshift.postgres.servers.replica import start_replica  # a replica is itself an owned server

        if not self.settings.replication:
            raise ReplicationError(
                "this server was started without replication (wal_level = minimal)",
                "start it for replicas: open_server(ServerSettings(replication=True))",
            )
        merged = replace(self.settings, settings={**self.settings.settings, **(settings or {})})
        replica = start_replica(self, merged)
        self._replicas.append(replica)
        return replica

    def stop(self) -> None:
        """Stop the server and its replicas, and remove their data. Nothing in a forked child, nor the second time."""
        process = self._process
        if process is None or os.getpid() != self._owner:
            return
        self._process = None
        atexit.unregister(self.stop)
        for replica in self._replicas:
            replica.stop()
        end_supervisor(process)


def start_owned(
    programs: Programs,
    account: Account,
    settings: ServerSettings,
    *,
    say: Callable[[str], None] | None = None,
) -> OwnedServer:
    """Make a new server and wait until it accepts connections.

    Args:
        programs: the installation to run.
        account: the system user to run it.
        settings: where its data lies, how it listens, and PostgreSQL's own settings.
        say: is told in a few words what is going on.

    Raises:
        ServerError: it did not start; the reason is PostgreSQL's own.
        DiskFullError: no room for its data.
    """
    began = time.perf_counter()
    if say is not None:
        say(f"starting PostgreSQL {programs.version // 10000} ({programs.provider})")
    launched = launch(programs, account, settings)
    return OwnedServer(launched, programs, account, settings, start_seconds=time.perf_counter() - began)
