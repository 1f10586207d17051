"""Blocking functions as blockbuster knows them: it is switched on while anybody watches, once for all."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

from greenshift.explain.blocking.innocence import UNWATCHED, waits_not_at_all
from greenshift.explain.blocking.stack import walk

if TYPE_CHECKING:
    from blockbuster import BlockBuster, BlockBusterFunction

logger = logging.getLogger("greenshift.explain")

# Given the blocking function's name and the frame that calls it; returns what to raise in the application.
Watcher = Callable[[str, FrameType], BaseException | None]


class BlockingCalls:
    """Tells watchers of blocking calls in threads whose event loop is running."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # A tuple replaced as a whole: telling needs no lock.
        self._watchers: tuple[Watcher, ...] = ()
        self._blockbuster: BlockBuster | None = None

    def add(self, watcher: Watcher) -> None:
        """Tell a watcher from now on.

        Args:
            watcher: called in the loop's thread, before the call is made.

        Raises:
            ImportError: blockbuster is not installed.
        """
        with self._lock:
            if not self._watchers:
                self._activate()
            self._watchers = (*self._watchers, watcher)

    def remove(self, watcher: Watcher) -> None:
        """Tell a watcher no more; the last one switches blockbuster off."""
        with self._lock:
            # Bound methods are equal, not identical.
            self._watchers = tuple(one for one in self._watchers if one != watcher)
            if not self._watchers and self._blockbuster is not None:
                self._blockbuster.deactivate()
                self._blockbuster = None

    def _activate(self) -> None:
        from blockbuster import BlockBuster

        blockbuster = BlockBuster()
        for name in UNWATCHED:
            blockbuster.functions.pop(name, None)
        for function in blockbuster.functions.values():
            function.can_block_predicate = self._predicate(function)
        blockbuster.activate()
        self._blockbuster = blockbuster

    def _predicate(self, function: BlockBusterFunction) -> Callable[..., bool]:
        """Return blockbuster's own predicate with our judgement behind it; its answer is always that it may block."""
        allows = function.can_block_predicate
        name = function.full_name

        def predicate(*args: Any, **kwargs: Any) -> bool:
            if allows(*args, **kwargs) or waits_not_at_all(name, args, kwargs):
                return True
            # The frame outside of this one is blockbuster's wrapper.
            caller = sys._getframe(2)
            refused: BaseException | None = None
            try:
                if not _is_allowed_in(function, caller):
                    refused = self._tell(name, caller)
            except Exception:
                logger.exception("greenshift: a blocking call could not be judged")
            if refused is not None:
                raise refused
            return True

        return predicate

    def _tell(self, name: str, caller: FrameType) -> BaseException | None:
        refused = None
        for watcher in self._watchers:
            refused = watcher(name, caller) or refused
        return refused


def _is_allowed_in(function: BlockBusterFunction, caller: FrameType) -> bool:
    places = function.can_block_functions
    if not places:
        return False
    for frame in walk(caller):
        file = frame.f_code.co_filename.replace("\\", "/")
        if any(file.endswith(name) and frame.f_code.co_name in functions for name, functions in places):
            return True
    return False


calls: Final = BlockingCalls()
