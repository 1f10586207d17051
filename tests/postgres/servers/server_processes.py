"""What the tests of servers share: folders that a server can live in, and looking at processes."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

OWNER = """
import json, os, signal, sys, time
from pathlib import Path
from greenshift.postgres import ServerSettings, open_server
server = open_server(ServerSettings(provider="embedded", directory=Path(sys.argv[1])))
print(json.dumps({"supervisor": server.supervised.supervisor, "postmaster": server.supervised.postmaster,
                  "directory": str(server.directory), "url": server.url()}), flush=True)
"""


def alive(pid: int) -> bool:
    """Whether a process runs; one that ended and was not waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def descendants(pid: int) -> list[int]:
    found = []
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        found += [int(child), *descendants(int(child))]
    return found


def eventually(condition: Callable[[], bool], seconds: float = 5.0) -> bool:
    limit = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > limit:
            return False
        time.sleep(0.02)
    return True


@contextmanager
def owner_process(
    directory: Path, then: str, *, begin: str = OWNER, **options: Any
) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """Run a program that opens a server in the folder, reports it, and goes on with ``then``."""
    process = subprocess.Popen(
        [sys.executable, "-c", begin + then, str(directory)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        **options,
    )
    assert process.stdout is not None
    try:
        ready, _, _ = select.select([process.stdout], [], [], 60)
        line = process.stdout.readline() if ready else ""
        assert line, "the owner reported no server"
        yield process, json.loads(line)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@contextmanager
def server_folder(*, on_disk: bool = False) -> Iterator[Path]:
    """Make a folder that any user can enter, with a path short enough for a socket; in RAM, which is faster."""
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="gs-", dir=memory if memory.is_dir() and not on_disk else None))
    folder.chmod(0o777)
    try:
        yield folder
    finally:
        # A server whose owner has just ended may still be at removing its own folder in it.
        for _ in range(100):
            shutil.rmtree(folder, ignore_errors=True)
            if not folder.exists():
                break
            time.sleep(0.05)


@contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """Mount a file system in RAM with little room."""
    with server_folder() as folder:
        place = folder / "mount"
        place.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=1777", "tmpfs", str(place)], check=True)
        try:
            yield place
        finally:
            subprocess.run(["umount", "-l", str(place)], check=True)


def as_user(name: str) -> dict[str, Any]:
    """Return the options with which ``subprocess`` runs a program as another user."""
    import pwd

    entry = pwd.getpwnam(name)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def can_mount() -> bool:
    return os.geteuid() == 0 and sys.platform.startswith("linux")
