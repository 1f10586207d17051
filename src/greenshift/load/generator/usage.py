"""How much of the processor a process of the generator uses, and how late it wakes up."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import psutil

from greenshift.load.latency import LatencyHistogram

_TICK = 0.05  # seconds between two looks at how late the process is
_SAMPLE = 1.0  # seconds that one share of the processor is taken over


class Usage:
    """Watches this process while it measures.

    Args:
        sleep: waits so many seconds, and lets other greenlets go on.
    """

    def __init__(self, sleep: Callable[[float], object]) -> None:
        self._sleep = sleep
        self._process = psutil.Process()
        self._lag = LatencyHistogram()
        self._highest = 0.0
        self._run_delay = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")
        self._begun: _Times | None = None
        self._ended: _Times | None = None
        self._machine_begun: Any = None
        self._machine_ended: Any = None
        self.warned = False

    def watch(self, until: Callable[[], bool]) -> None:
        """Watch until told that it is over; to be run in a greenlet of its own."""
        self._begun = last = self._now()
        self._machine_begun = psutil.cpu_times()
        while not until():
            before = perf_counter()
            self._sleep(_TICK)
            self._lag.add(max(0.0, perf_counter() - before - _TICK))
            now = self._now()
            if now.at - last.at >= _SAMPLE:
                self._highest = max(self._highest, _share(last, now))
                last = now
        self._end()

    def report(self) -> dict[str, Any]:
        """Return what was seen, as data for JSON."""
        self._end()
        begun, ended = self._begun or self._now(), self._ended or self._now()
        mean = _share(begun, ended)
        return {
            "processor": mean,
            "processor_highest": max(mean, self._highest),
            "waited": (ended.waited - begun.waited) / (ended.at - begun.at) if ended.at > begun.at else 0.0,
            "lag": self._lag.p99 if self._lag.count else 0.0,
            "machine": _busy(self._machine_begun, self._machine_ended) if self._machine_begun else 0.0,
            "warned": self.warned,
        }

    def _end(self) -> None:
        if self._ended is None:
            self._ended = self._now()
            self._machine_ended = psutil.cpu_times()

    def _now(self) -> _Times:
        times = self._process.cpu_times()
        return _Times(perf_counter(), times.user + times.system, self._waited())

    def _waited(self) -> float:
        """Seconds that this thread was ready to run and had no core: Linux, Documentation/scheduler/sched-stats.rst."""
        try:
            return int(self._run_delay.read_text().split()[1]) / 1e9
        except (OSError, IndexError, ValueError):
            return 0.0


class _Times(NamedTuple):
    at: float
    used: float
    waited: float


def _share(begun: _Times, ended: _Times) -> float:
    passed = ended.at - begun.at
    return (ended.used - begun.used) / passed if passed > 0 else 0.0


def _busy(begun: Any, ended: Any) -> float:
    """The share of all cores that were in use; waiting for a disk is no use of a core."""
    spent = {name: getattr(ended, name) - getattr(begun, name) for name in begun._fields}
    # Guests' time is a part of user and nice.
    whole = sum(value for name, value in spent.items() if name not in ("guest", "guest_nice"))
    return 1 - (spent["idle"] + spent.get("iowait", 0.0)) / whole if whole > 0 else 0.0
