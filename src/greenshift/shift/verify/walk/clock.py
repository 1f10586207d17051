"""Sends what writes to both sides within one second: databases like SQLite write times no finer, and sort by them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_MOST: Final = 0.5
_MARGIN: Final = 1.5


class Clock:
    """Knows how long both sides take for a request."""

    def __init__(self) -> None:
        self._longest = 0.05

    @contextmanager
    def within_a_second(self) -> Iterator[None]:
        """Wait for the next second where this one has no room any more for what is done inside."""
        left = 1 - time.time() % 1
        if left < self._longest:
            time.sleep(left)
        started = time.monotonic()
        yield
        self._longest = max(self._longest, min(_MARGIN * (time.monotonic() - started), _MOST))
