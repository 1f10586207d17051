"""How late an event loop comes to what is due, measured in the loop itself."""

from __future__ import annotations

import asyncio
from typing import Final

_EVERY: Final = 0.05


class LoopLag:
    """Measures one loop, 20 times a second; begun in the loop.

    `greenshift.observe` watches the loops on which statements run; a sync application runs its statements in threads,
    and its loop is the one to compare.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._due = self._loop.time() + _EVERY
        self._lags: list[float] = []
        self._loop.call_at(self._due, self._tick)

    def take(self) -> list[float]:
        """Return the seconds of lateness measured since the last call, and the one under way; safe in any thread."""
        taken, self._lags = self._lags, []
        late = self._loop.time() - self._due
        return [*taken, late] if late > _EVERY else taken

    def _tick(self) -> None:
        now = self._loop.time()
        self._lags.append(max(0.0, now - self._due))
        self._due = now + _EVERY
        self._loop.call_at(self._due, self._tick)
