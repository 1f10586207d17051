"""When the rows of a streamed result have all been read, or are given up."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import CursorResult
from sqlalchemy.engine.cursor import BufferedRowCursorFetchStrategy
from sqlalchemy.engine.interfaces import ExecutionContext

from greenshift.trace.channel import Channel, Subscription
from greenshift.trace.installation import Installation

_installation: Final = Installation()
_closed: Channel[[ExecutionContext]] = Channel(listening=_installation)
_soft_close: Final = BufferedRowCursorFetchStrategy.soft_close
_hard_close: Final = BufferedRowCursorFetchStrategy.hard_close


def is_streamed(context: ExecutionContext) -> bool:
    """Return whether the rows of a statement are fetched bit by bit (``stream_results``, ``yield_per``).

    Args:
        context: of the statement.
    """
    options = context.execution_options
    return bool(options) and bool(options.get("stream_results") or options.get("yield_per"))


def on_closed(callback: Callable[[ExecutionContext], object]) -> Subscription:
    """Call back when a streamed result is exhausted or closed; perhaps twice for one.

    A result that is dropped without being closed is not told of: its connection's return to the pool ends it.

    Args:
        callback: given the context of the statement.
    """
    return _closed.subscribe(callback)


@functools.wraps(_soft_close)
def _watched_soft_close(self: Any, result: CursorResult[Any], cursor: Any) -> None:
    _soft_close(self, result, cursor)
    _closed.publish(result.context)


@functools.wraps(_hard_close)
def _watched_hard_close(self: Any, result: CursorResult[Any], cursor: Any) -> None:
    _hard_close(self, result, cursor)
    _closed.publish(result.context)


def _watch() -> None:
    # SQLAlchemy has no event for the end of a result; only streamed ones pass here.
    BufferedRowCursorFetchStrategy.soft_close = _watched_soft_close  # type: ignore[method-assign, assignment]
    BufferedRowCursorFetchStrategy.hard_close = _watched_hard_close  # type: ignore[method-assign, assignment]


def _unwatch() -> None:
    BufferedRowCursorFetchStrategy.soft_close = _soft_close  # type: ignore[method-assign]
    BufferedRowCursorFetchStrategy.hard_close = _hard_close  # type: ignore[method-assign]


_installation.add_patch(_watch, _unwatch)
