"""Processes that a test's program has started."""

from __future__ import annotations

from collections.abc import Iterable

import psutil


def words_of(process: psutil.Process) -> str:
    """Return a process's command line; nothing where it has ended meanwhile."""
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def still_alive(processes: Iterable[psutil.Process]) -> list[str]:
    """Return those of some processes that have not ended."""
    _, alive = psutil.wait_procs(list(processes), timeout=15)
    return [str(one) for one in alive if one.status() != psutil.STATUS_ZOMBIE]
