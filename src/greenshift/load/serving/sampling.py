"""What is written down of a served application, four times a second, one JSON object a line."""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading
import time
from pathlib import Path
from typing import IO, Any, Final

from greenshift.load.serving.counting import Counting
from greenshift.observe import Observer

EVERY: Final = 0.25


class Sampler:
    """A thread that samples; it also ends the process whose parent is gone.

    Args:
        folder: where the file goes, one for each process.
        observer: sees the engines.
    """

    def __init__(self, folder: Path, observer: Observer) -> None:
        self._observer = observer
        self._counting: Counting | None = None
        self._parent = os.getppid()
        self._folder = folder
        self._file: IO[str] = (folder / f"{os.getpid()}.jsonl").open("a", encoding="utf-8")

    def begin(self, counting: Counting) -> None:
        """Begin to sample.

        Args:
            counting: counts the requests.
        """
        self._counting = counting
        threading.Thread(target=self._run, name="greenshift-load", daemon=True).start()

    def say(self, **fields: Any) -> None:
        """Write a line of another kind."""
        self._file.write(json.dumps(fields) + "\n")
        self._file.flush()

    def _run(self) -> None:
        while True:
            self.say(**self._sample())
            time.sleep(EVERY)
            end_without(self._parent, self._folder)

    def _sample(self) -> dict[str, Any]:
        counting = self._counting
        assert counting is not None
        snapshot = self._observer.snapshot()
        times = os.times()
        return {
            "at": time.monotonic(),
            "processor": times.user + times.system,
            "threads": threading.active_count(),
            "loop_lag": counting.loop_lag(),
            "thread_limit": counting.threads(),
            "requests": counting.requests,
            "request_seconds": counting.request_seconds,
            "statements": counting.statements,
            "database_seconds": counting.database_seconds,
            "endpoints": {name: list(values) for name, values in list(counting.endpoints.items())},
            "engines": [
                {
                    "name": engine.name,
                    "driver": engine.driver,
                    "is_async": engine.is_async,
                    "statements": engine.statements,
                    "kind": engine.pool.kind,
                    "size": engine.pool.size,
                    "max_overflow": engine.pool.max_overflow,
                    "in_use": engine.pool.in_use,
                    "waiting": engine.pool.waiting,
                    "longest_waiting": engine.pool.longest_waiting,
                    "timeouts": engine.pool.timeouts,
                    "wait": engine.pool.wait.as_dict(),
                }
                for engine in snapshot.engines
            ],
        }


def end_without(parent: int, folder: Path) -> None:
    """End this process, at once, where it is no longer a child of the given one.

    Args:
        parent: its parent at its start.
        folder: what nobody will read any more.
    """
    if os.getppid() != parent:
        shutil.rmtree(folder, ignore_errors=True)
        os.kill(os.getpid(), signal.SIGKILL)
