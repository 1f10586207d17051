"""A thread for each URL, so that one that does not answer holds up neither the others nor the keys."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final, Protocol

from greenshift.observe.top.address import ApplicationAddress, DatabaseAddress
from greenshift.observe.top.application.source import ApplicationSource
from greenshift.observe.top.database.source import DatabaseSource
from greenshift.observe.top.errors import SourceError
from greenshift.observe.top.reading import Reading

# Seconds between attempts on what does not answer; the servers' logs need no more.
_RETRY: Final = 2.0


class Source(Protocol):
    """What can be asked for its state."""

    shown: str

    def read(self) -> Reading:
        """Ask. Raises :class:`SourceError`."""

    def close(self) -> None:
        """Give up what is open."""


def source_of(address: ApplicationAddress | DatabaseAddress) -> Source:
    """Return what asks an address."""
    return ApplicationSource(address) if isinstance(address, ApplicationAddress) else DatabaseSource(address)


def read(source: Source, before: Reading | None = None) -> Reading:
    """Return a source's state, or why there is none.

    Args:
        source: what is asked.
        before: its last reading; where that was a failure, the next tells since when.
    """
    try:
        return source.read()
    except SourceError as error:
        failed = Reading(source.shown, time.time(), problem=error.problem, fix=error.fix)
        since = before.failing_since if before is not None else None
        return replace(failed, failing_since=since if since is not None else failed.at)


class Poller:
    """Asks a source again and again, in a thread.

    Args:
        source: what is asked.
        interval: seconds between the beginnings of two requests.
        changed: is called, in the thread, when there is a new reading.
    """

    def __init__(self, source: Source, interval: float, changed: Callable[[], None]) -> None:
        self.reading: Reading | None = None
        self._source = source
        self._interval = interval
        self._changed = changed
        self._stopped = threading.Event()
        # A daemon: a server that does not answer does not keep the program from ending.
        self._thread = threading.Thread(target=self._run, name=f"top {source.shown}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ask no more; waits a moment for a request that is under way."""
        self._stopped.set()
        self._thread.join(0.5)

    def _run(self) -> None:
        while not self._stopped.is_set():
            began = time.monotonic()
            self.reading = read(self._source, self.reading)
            self._changed()
            pause = self._interval if self.reading.problem is None else max(self._interval, _RETRY)
            self._stopped.wait(max(0.02, pause - (time.monotonic() - began)))
        self._source.close()
