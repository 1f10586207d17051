"""The settings of a server whose data is thrown away: no durability, little memory, a quick start."""

from __future__ import annotations

import re
from collections.abc import Mapping

from greenshift.postgres.errors import ServerError

# Every setting is known to PostgreSQL 13 to 18, except those listed by version below.
COMMON: dict[str, str] = {
    "autovacuum": "off",
    "bgwriter_lru_maxpages": "0",
    "checkpoint_timeout": "1h",
    # Files in the data directory: whatever the size of /dev/shm, and nothing stays there after a kill.
    "dynamic_shared_memory_type": "mmap",
    "fsync": "off",
    "full_page_writes": "off",
    "huge_pages": "off",
    "jit": "off",
    "log_checkpoints": "off",
    "log_min_messages": "log",
    "max_connections": "200",
    "max_locks_per_transaction": "128",
    "max_logical_replication_workers": "0",
    "max_prepared_transactions": "50",
    "max_wal_senders": "0",
    "max_wal_size": "256MB",
    "min_wal_size": "32MB",
    "password_encryption": "scram-sha-256",
    "shared_buffers": "128MB",
    "synchronous_commit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "track_activity_query_size": "4096",
    "wal_init_zero": "off",
    "wal_level": "minimal",
}
SINCE: dict[int, dict[str, str]] = {
    # The workers of PostgreSQL 18's asynchronous reads would be three more processes to start.
    180000: {"io_method": "sync"},
}
# Of a server that has replicas, and of the replicas: what a commit wrote is sent at once, and kept for a while.
REPLICATION: dict[str, str] = {
    "hot_standby": "on",
    "max_replication_slots": "20",
    "max_wal_senders": "20",
    "synchronous_commit": "on",
    "wal_keep_size": "64MB",
    "wal_level": "replica",
    # Keeps what a connected replica has not received, and goes with its connection.
    "wal_receiver_create_temp_slot": "on",
    "wal_retrieve_retry_interval": "100ms",
}
# Where the server listens and keeps its data is known to others by these.
RESERVED = frozenset(
    {"data_directory", "hba_file", "listen_addresses", "port", "unix_socket_directories", "external_pid_file"}
)


def configuration(
    version: int, listen: str, port: int, settings: Mapping[str, str], *, replication: bool = False
) -> str:
    """Return the lines to add to ``postgresql.conf``; ``{directory}`` stands for the server's folder.

    Args:
        version: ``server_version_num``.
        listen: ``socket`` or ``tcp``.
        port: the number of the port, or of the socket.
        settings: the user's own, which win.
        replication: whether it has replicas, or is one.

    Raises:
        ServerError: a setting's name cannot be one.
    """
    lines = dict(COMMON)
    for since, more in SINCE.items():
        if version >= since:
            lines.update(more)
    if replication:
        lines.update(REPLICATION)
    lines["listen_addresses"] = "127.0.0.1" if listen == "tcp" else ""
    lines["port"] = str(port)
    lines["unix_socket_directories"] = "{directory}"
    for name, value in settings.items():
        if not re.fullmatch(r"[A-Za-z_][\w.]*", name):
            raise ServerError(
                f"{name!r} is not the name of a PostgreSQL setting",
                "look the name up in PostgreSQL's documentation; settings are given as name and value",
            )
        if name.lower() in RESERVED:
            raise ServerError(
                f"the PostgreSQL setting {name!r} is chosen by Greenshift and cannot be set",
                'leave it out; listen = "tcp" makes the server listen on a free port of 127.0.0.1',
            )
        lines[name.lower()] = str(value)
    return "".join(f"{name} = {quoted(value)}\n" for name, value in lines.items())


def quoted(value: str) -> str:
    """Return a value in the quotes of ``postgresql.conf``."""
    escaped = value.replace("\\", "\\\\").replace("'", "''").replace("\n", " ")
    return f"'{escaped}'"


def authentication(listen: str, *, replication: bool = False) -> str:
    """Return ``pg_hba.conf``: the socket's folder is private, a TCP port is not; replicas come by the socket."""
    rules = ["local all all trust"]
    if replication:
        rules.append("local replication all trust")
    if listen == "tcp":
        rules.append("host all all 127.0.0.1/32 scram-sha-256")
    return "\n".join(rules) + "\n"


def base_backup(program: str, directory: str, port: int, user: str) -> list[list[str]]:
    """Return the command that copies a running server as its replica; ``{data}`` stands for the data directory.

    Args:
        program: the path of ``pg_basebackup``.
        directory: the folder with the primary's socket.
        port: the number of that socket.
        user: the role to log in as.
    """
    place = ["-h", directory, "-p", str(port), "-U", user, "--no-password"]
    # The configuration that it writes makes the copy a standby that streams from there.
    copy = ["-D", "{data}", "--wal-method=stream", "--checkpoint=fast", "--no-sync", "--no-manifest"]
    return [[program, *place, *copy, "--write-recovery-conf"]]


def initialisation(initdb: str, version: int) -> list[list[str]]:
    """Return the ``initdb`` commands to try one after the other; ``{data}`` stands for the data directory."""
    command = [
        initdb,
        "-D",
        "{data}",
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--no-sync",
        "--wal-segsize=1",
    ]
    if version >= 140000:
        command.append("--no-instructions")
    if version >= 180000:
        command.append("--no-data-checksums")
    if version >= 170000:
        return [[*command, "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]]
    # Not every system has C.UTF-8.
    return [[*command, "--locale=C.UTF-8"], [*command, "--locale=C"]]
