"""Where the event loop's own code begins on a stack: what stands outside of it asked for nothing of the loop's work."""

from __future__ import annotations

import asyncio.base_events
import asyncio.events
import asyncio.runners
from types import CodeType
from typing import Final

_FUNCTIONS: Final = {
    asyncio.base_events.__file__: frozenset({"_run_once", "run_forever", "run_until_complete"}),
    asyncio.events.__file__: frozenset({"_run"}),
    asyncio.runners.__file__: frozenset({"run"}),
}


def is_event_loop(code: CodeType) -> bool:
    """Return whether a function is the event loop's own.

    Args:
        code: the code of one of the stack's frames.
    """
    names = _FUNCTIONS.get(code.co_filename)
    return names is not None and code.co_name in names
