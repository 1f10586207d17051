"""However its owner ends, a server ends with it and leaves no data directory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from postgres.servers.server_processes import alive, descendants, eventually, owner_process, server_folder

from greenshift.postgres import ServerSettings, open_server
from greenshift.postgres.servers.leftovers import is_locked, reap_leftovers

SLEEP = "time.sleep(600)\n"


@pytest.fixture
def folder() -> Iterator[Path]:
    with server_folder() as path:
        yield path


def assert_gone(folder: Path, processes: list[int]) -> None:
    assert eventually(lambda: not any(map(alive, processes)), 5), "a process is left"
    assert eventually(lambda: list(folder.iterdir()) == [], 5), "a data directory is left"


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_the_owner(folder: Path, sign: signal.Signals) -> None:
    with owner_process(folder, SLEEP, stderr=subprocess.DEVNULL) as (owner, server):
        processes = [server["supervisor"], *descendants(server["supervisor"])]
        assert all(map(alive, processes))
        owner.send_signal(sign)
        owner.wait(10)
        assert_gone(folder, processes)


@pytest.mark.parametrize(
    "end",
    ["", "os._exit(0)\n", "raise RuntimeError\n", "os.execvp('true', ['true'])\n"],
    ids=["plain", "_exit", "exception", "exec"],
)
def test_the_owner_ends_without_stopping_it(folder: Path, end: str) -> None:
    with owner_process(folder, end, stderr=subprocess.DEVNULL) as (owner, server):
        owner.wait(10)
        assert_gone(folder, [server["supervisor"], server["postmaster"]])


def test_the_whole_process_group_is_killed(folder: Path) -> None:
    with owner_process(folder, SLEEP, start_new_session=True) as (owner, server):
        processes = [server["supervisor"], *descendants(server["supervisor"])]
        os.killpg(owner.pid, signal.SIGKILL)
        assert_gone(folder, processes)


def test_a_forked_child_does_not_keep_it_alive(folder: Path) -> None:
    fork = "child = os.fork()\nif child == 0:\n    time.sleep(600)\nPath(sys.argv[1], 'child').write_text(str(child))\n"
    with owner_process(folder, fork + SLEEP) as (owner, server):
        note = folder / "child"
        assert eventually(lambda: note.exists() and note.read_text() != "")
        child = int(note.read_text())
        note.unlink()
        try:
            owner.kill()
            owner.wait()
            assert_gone(folder, [server["supervisor"], server["postmaster"]])
            assert alive(child)
        finally:
            os.kill(child, signal.SIGKILL)


def test_a_forked_child_does_not_end_it(folder: Path) -> None:
    server = open_server(ServerSettings(provider="embedded", directory=folder))
    try:
        child = os.fork()
        if child == 0:
            try:
                server.stop()
            finally:
                os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        with server.connect() as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        server.stop()


def test_a_forked_childs_exit_handlers_do_not_end_it(folder: Path) -> None:
    fork = (
        "child = os.fork()\nif child == 0:\n    sys.exit()\nos.waitpid(child, 0)\nPath(sys.argv[1], 'done').touch()\n"
    )
    with owner_process(folder, fork + SLEEP) as (_, server):
        done = folder / "done"
        assert eventually(done.exists, 10)
        done.unlink()
        with psycopg.connect(server["url"]) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_busy_and_a_stopped_server_end_as_well(folder: Path) -> None:
    with owner_process(folder, SLEEP) as (owner, server), psycopg.connect(server["url"]) as connection:
        processes = [server["supervisor"], *descendants(server["supervisor"])]
        os.kill(connection.info.backend_pid, signal.SIGSTOP)
        os.kill(server["postmaster"], signal.SIGSTOP)
        owner.kill()
        assert_gone(folder, processes)


def test_a_killed_supervisor_takes_the_server_with_it(folder: Path) -> None:
    with owner_process(folder, SLEEP) as (owner, server):
        processes = descendants(server["supervisor"])
        os.kill(server["supervisor"], signal.SIGKILL)
        assert eventually(lambda: not any(map(alive, processes)), 5)
        # Nobody is left who could remove the folder; the next server to start does.
        assert Path(server["directory"]).exists()
        assert not is_locked(Path(server["directory"]))
        assert reap_leftovers([folder]) == [Path(server["directory"])]
        assert list(folder.iterdir()) == []
        assert owner.poll() is None


def test_the_next_start_removes_what_killed_supervisors_left(folder: Path) -> None:
    with owner_process(folder, SLEEP) as (owner, server):
        os.kill(server["supervisor"], signal.SIGKILL)
        owner.kill()
        assert eventually(lambda: not alive(server["postmaster"]), 5)
    following = open_server(ServerSettings(provider="embedded", directory=folder))
    try:
        assert not Path(server["directory"]).exists()
        with following.connect() as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        following.stop()


def test_living_servers_and_other_folders_are_never_reaped(folder: Path) -> None:
    (folder / "greenshift-server-new").mkdir()  # of somebody who has not locked it yet
    (folder / "greenshift-other").mkdir()
    server = open_server(ServerSettings(provider="embedded", directory=folder))
    try:
        assert reap_leftovers([folder, folder / "missing"]) == []
        assert len(list(folder.iterdir())) == 3
    finally:
        server.stop()
    old = time.time() - 3600
    os.utime(folder / "greenshift-server-new", (old, old))
    assert reap_leftovers([folder]) == [folder / "greenshift-server-new"]


def test_the_owner_is_killed_while_the_server_starts(folder: Path) -> None:
    program = (
        "import os, sys, threading, time\nfrom pathlib import Path\n"
        "from greenshift.postgres import ServerSettings, open_server\n"
        "open_server(ServerSettings(provider='embedded', directory=Path(sys.argv[1])))\n"
    )
    with server_folder() as cache:  # no image yet, so initdb runs
        owner = subprocess.Popen(
            [sys.executable, "-c", program, str(folder)],
            env={**os.environ, "GREENSHIFT_CACHE_DIRECTORY": str(cache)},
        )
        try:
            assert eventually(lambda: any(folder.glob("*/initdb.log")), 20)
        finally:
            owner.kill()
            owner.wait()
        assert eventually(lambda: list(folder.iterdir()) == [], 5)
        assert [path.name for path in cache.iterdir() if ".tar." in path.name] == []


def test_a_test_run_on_several_workers_is_killed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        "import os\nfrom pathlib import Path\n"
        "from greenshift.postgres import ServerSettings, open_server\n"
        "def pytest_configure(config):\n"
        "    if not hasattr(config, 'workerinput'):\n"
        f"        config.server = open_server(ServerSettings(provider='embedded', directory=Path({str(folder)!r})))\n"
        "        os.environ['SERVER_URL'] = config.server.url()\n"
    )
    (tmp_path / "test_slow.py").write_text(
        "import os, time, psycopg, pytest\nfrom pathlib import Path\n"
        "@pytest.mark.parametrize('number', range(2))\n"
        "def test_slow(number):\n"
        "    with psycopg.connect(os.environ['SERVER_URL']):\n"
        f"        Path({str(tmp_path)!r}, f'at-{{number}}').write_text(str(os.getpid()))\n"
        "        time.sleep(600)\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider", "-p", "no:randomly"]
    command += ["-p", "no:greenshift", "-c", os.devnull, "--rootdir", str(tmp_path), str(tmp_path)]
    run = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    workers: list[int] = []
    try:
        notes = [tmp_path / f"at-{number}" for number in range(2)]
        assert eventually(lambda: all(note.exists() and note.read_text() for note in notes), 60)
        workers = [int(note.read_text()) for note in notes]
        (directory,) = folder.iterdir()
        postmaster = int((directory / "data" / "postmaster.pid").read_text().split()[0])
        processes = [postmaster, *descendants(postmaster)]
        run.kill()
        run.wait()
        assert_gone(folder, processes)
    finally:
        for process in [run.pid, *workers]:
            if alive(process):
                os.kill(process, signal.SIGKILL)
        run.wait()
