"""What takes seconds to make is made by one of pytest-xdist's workers, for all of them."""

from __future__ import annotations

import fcntl
from collections.abc import Callable
from pathlib import Path
from shutil import rmtree

import pytest


def made_once(factory: pytest.TempPathFactory, worker_id: str, name: str, make: Callable[[Path], object]) -> Path:
    """Return a folder that the first worker to come has filled; the others wait for it.

    Args:
        factory: pytest's.
        worker_id: pytest-xdist's.
        name: the folder's name, its own in all of the tests.
        make: fills the folder, which is there and empty.
    """
    shared = factory.getbasetemp()
    shared = shared if worker_id == "master" else shared.parent
    folder, done = shared / name, shared / f"{name}.done"
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            done.touch()
    return folder
