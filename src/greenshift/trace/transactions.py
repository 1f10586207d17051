"""How transactions end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from greenshift.trace.channel import Channel, Subscription
from greenshift.trace.connections import ConnectionInfo

ends: Final[Channel[[ConnectionInfo, bool]]] = Channel()
failures: Final[Channel[[ConnectionInfo, BaseException]]] = Channel()


def on_end(callback: Callable[[ConnectionInfo, bool], object]) -> Subscription:
    """Call back when SQLAlchemy ends a transaction on a connection.

    Args:
        callback: given the connection's information, and whether the transaction was committed.
    """
    return ends.subscribe(callback)


def on_failure(callback: Callable[[ConnectionInfo, BaseException], object]) -> Subscription:
    """Call back when the driver could not begin, commit or roll back, before the application learns of it.

    Args:
        callback: given the connection's information and the driver's exception.
    """
    return failures.subscribe(callback)
