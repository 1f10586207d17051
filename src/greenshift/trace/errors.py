"""SQLAlchemy's own errors as they are made: some fire no event, and whoever swallows one leaves no trace of it."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, Final

from sqlalchemy.exc import SQLAlchemyError

from greenshift.trace.channel import Channel, Subscription
from greenshift.trace.installation import installation

_original: Final = SQLAlchemyError.__init__
_channel: Channel[[SQLAlchemyError, FrameType | None]] = Channel()


def on_error(callback: Callable[[SQLAlchemyError, FrameType | None], object]) -> Subscription:
    """Call back when an exception of SQLAlchemy's is made, which nearly always means that it is about to be raised.

    Errors of the driver come here too, in SQLAlchemy's wrapping.

    Args:
        callback: given the exception, which has no traceback yet and perhaps not all of its class's own
            attributes, and the innermost frame.
    """
    return _channel.subscribe(callback)


@functools.wraps(_original)
def _watched(self: SQLAlchemyError, *arguments: Any, **keywords: Any) -> None:
    _original(self, *arguments, **keywords)
    if _channel.subscriptions:
        _channel.publish(self, sys._getframe(1))


def _watch() -> None:
    # DetachedInstanceError and a session's refusals fire no event; every error of SQLAlchemy's begins here.
    SQLAlchemyError.__init__ = _watched  # type: ignore[method-assign, assignment]


def _unwatch() -> None:
    del SQLAlchemyError.__init__


installation.add_patch(_watch, _unwatch)
