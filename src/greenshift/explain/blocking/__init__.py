"""Calls that block the event loop: sync engines, files, sockets, ``time.sleep``."""

from __future__ import annotations

from greenshift.explain.blocking.watch import BlockingCallError, BlockingMode, BlockingWatch

__all__ = ["BlockingCallError", "BlockingMode", "BlockingWatch"]
