"""Waiting for what must come true, with a deadline."""

import asyncio
import time
from collections.abc import Callable

SECONDS = 60.0


async def until(condition: Callable[[], bool], what: str = "") -> None:
    """Wait until a condition holds.

    Raises:
        TimeoutError: it does not, within a minute.
    """
    deadline = time.monotonic() + SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {SECONDS:.0f} s: {what or condition}")
        await asyncio.sleep(0.01)
