"""A call that blocks the event loop, refused by blockbuster or by our own guard."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import ClassVar, Final

from greenshift.explain.blocking.advice import replacement
from greenshift.explain.blocking.explaining import BLOCKING_CALL, CONSEQUENCE
from greenshift.explain.catalogue.entry import Entry
from greenshift.explain.explanation import Explanation
from greenshift.explain.failure import Failure, Frame, Raised

_FUNCTION: Final = (
    re.compile(r"Blocking call to (?P<name>\S+)"),
    re.compile(r"`(?P<name>[^`]+)` blocks the event loop"),
)


class BlockingCall(Entry):
    """Read from the exception alone: the guard's own explanation, which knows more, travels with a live one."""

    kind: ClassVar[str] = BLOCKING_CALL
    title: ClassVar[str] = "a call that blocks the event loop: time.sleep, requests, files"
    source: ClassVar[str] = "https://docs.python.org/3/library/asyncio-dev.html#running-blocking-code"

    def recognise(self, failure: Failure) -> Explanation | None:
        """Return the explanation of a ``BlockingError`` or ``BlockingCallError``.

        Args:
            failure: what happened.
        """
        raised = failure.find("BlockingError", "BlockingCallError")
        if raised is None:
            return None
        found = next((found for pattern in _FUNCTION if (found := pattern.search(raised.message))), None)
        if found is None:
            return None
        name = found["name"]
        frame = raised.user_frame
        instead = replacement(name, _modules(raised, frame))
        thread = "run it in a thread: `await asyncio.to_thread(...)` (Starlette: `run_in_threadpool`)"
        return Explanation(
            kind=self.kind,
            headline=f"`{name}` blocks the event loop" + (f", called in `{frame.function}`" if frame else ""),
            because=f"`{name}` waits without giving way to other tasks. Until it returns, {CONSEQUENCE}.",
            where=() if frame is None else (frame.place("called here"),),
            fix=thread if instead is None else f"{instead}\nor {thread}",
        )


def _modules(raised: Raised, frame: Frame | None) -> list[str]:
    """Return the names of the library's modules that the user's line calls, the package first."""
    if frame is None:
        return []
    called = raised.frames[raised.frames.index(frame) + 1 :]
    parts = PurePath(called[0].file).with_suffix("").parts if called else ()
    return [] if "blockbuster" in parts else list(parts[-2:])
