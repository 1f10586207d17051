"""However its owner ends, a replica ends with it, as its primary does, and leaves no data directory."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from postgres.servers.server_processes import alive, descendants, eventually, owner_process, server_folder

from greenshift.postgres.servers.leftovers import reap_leftovers

SLEEP = "time.sleep(600)\n"
OWNER = """
import json, os, sys, time
from pathlib import Path
from greenshift.postgres import ServerSettings, open_server
primary = open_server(ServerSettings(provider="embedded", directory=Path(sys.argv[1]), replication=True))
replica = primary.replica()
print(json.dumps({"supervisors": [server.supervised.supervisor for server in (primary, replica)],
                  "postmasters": [server.supervised.postmaster for server in (primary, replica)],
                  "directory": str(replica.directory), "url": replica.url()}), flush=True)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    with server_folder() as path:
        yield path


def of_both(servers: dict[str, list[int]]) -> list[int]:
    return [pid for supervisor in servers["supervisors"] for pid in (supervisor, *descendants(supervisor))]


def assert_gone(folder: Path, processes: list[int]) -> None:
    assert eventually(lambda: not any(map(alive, processes)), 5), "a process is left"
    assert eventually(lambda: list(folder.iterdir()) == [], 5), "a data directory is left"


def is_copying(pid: int) -> bool:
    try:
        return b"pg_basebackup" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM])
def test_a_signal_to_the_owner(folder: Path, sign: signal.Signals) -> None:
    with owner_process(folder, SLEEP, begin=OWNER, stderr=subprocess.DEVNULL) as (owner, servers):
        processes = of_both(servers)
        assert len(processes) > 10
        assert all(map(alive, servers["postmasters"]))
        owner.send_signal(sign)
        owner.wait(10)
        assert_gone(folder, processes)


@pytest.mark.parametrize("end", ["", "os._exit(0)\n", "primary.stop()\n" + SLEEP], ids=["plain", "_exit", "stop"])
def test_the_owner_does_not_stop_it(folder: Path, end: str) -> None:
    with owner_process(folder, end, begin=OWNER) as (_, servers):
        assert_gone(folder, servers["supervisors"] + servers["postmasters"])


def test_a_paused_and_busy_replica_ends_as_well(folder: Path) -> None:
    with (
        owner_process(folder, "replica.pause()\n" + SLEEP, begin=OWNER) as (owner, servers),
        psycopg.connect(servers["url"], autocommit=True) as connection,
    ):
        query = "SELECT pg_is_wal_replay_paused()"
        assert eventually(lambda: connection.execute(query).fetchone() == (True,))
        processes = of_both(servers)
        os.kill(connection.info.backend_pid, signal.SIGSTOP)
        owner.kill()
        assert_gone(folder, processes)


def test_a_killed_supervisor_takes_its_replica_with_it(folder: Path) -> None:
    with owner_process(folder, SLEEP, begin=OWNER) as (_, servers):
        processes = descendants(servers["supervisors"][1])
        os.kill(servers["supervisors"][1], signal.SIGKILL)
        assert eventually(lambda: not any(map(alive, processes)), 5)
        # The primary goes on, and the next server to start removes the folder of the replica.
        assert alive(servers["postmasters"][0])
        assert reap_leftovers([folder]) == [Path(servers["directory"])]


def test_the_owner_is_killed_while_the_primary_is_copied(folder: Path) -> None:
    # A slow copy: the base backup waits for its checkpoint, which the stopped checkpointer does not make.
    begin = OWNER.replace(
        "replica = primary.replica()",
        "children = Path(f'/proc/{primary.supervised.postmaster}/task/{primary.supervised.postmaster}/children')\n"
        "for pid in map(int, children.read_text().split()):\n"
        "    if b'checkpointer' in Path(f'/proc/{pid}/cmdline').read_bytes():\n"
        "        os.kill(pid, 19)\n"
        "print(json.dumps({'supervisors': [primary.supervised.supervisor]}), flush=True)\n"
        "replica = primary.replica()",
    )
    with owner_process(folder, SLEEP, begin=begin) as (owner, _):
        assert eventually(lambda: any(map(is_copying, descendants(owner.pid))), 20)
        processes = descendants(owner.pid)
        owner.kill()
        assert_gone(folder, processes)
