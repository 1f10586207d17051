"""How pools are used: who waits, who takes and gives back. The cheap part of tracing, meant for production."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from contextvars import ContextVar
from time import perf_counter
from typing import Final

from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import Pool, PoolProxiedConnection

from greenshift.trace.channel import Channel, Subscription
from greenshift.trace.connections import Checkout, ConnectionInfo
from greenshift.trace.installation import pool_installation

_connect_of_pool: Final = Pool.connect

taken: Final[Channel[[Pool, float, BaseException | None]]] = Channel(listening=pool_installation)
given_back: Final[Channel[[ConnectionInfo, Checkout]]] = Channel(listening=pool_installation)
opened: Final[Channel[[ConnectionInfo]]] = Channel(listening=pool_installation)
closed: Final[Channel[[ConnectionInfo]]] = Channel(listening=pool_installation)
invalidated: Final[Channel[[ConnectionInfo, BaseException | None]]] = Channel(listening=pool_installation)
timeouts: Final[Channel[[Pool, PoolTimeout]]] = Channel()


class Taker:
    """Somebody, a thread or a task, who is taking a connection from a pool.

    Attributes:
        pool: the pool; None when it is over, since contexts that were copied meanwhile keep this object.
        since: when he began, in seconds of ``time.perf_counter``.
        opened: whether a connection has been opened for him.
    """

    __slots__ = ("opened", "pool", "since")

    def __init__(self, pool: Pool) -> None:
        self.pool: Pool | None = pool
        self.opened = False
        self.since = perf_counter()


# Whom this task, or thread, is.
taking: Final[ContextVar[Taker | None]] = ContextVar("greenshift_taking", default=None)
_takers: set[Taker] = set()


if hasattr(os, "register_at_fork"):
    # Who was waiting goes on doing so in the parent.
    os.register_at_fork(after_in_child=_takers.clear)


def takers() -> list[Taker]:
    """Return those who are in their pool now: they wait, or a connection is being opened for them.

    Pools override ``Pool.connect`` rarely: of SQLAlchemy's own, only ``SingletonThreadPool`` is not seen.
    """
    return list(_takers.copy())


def on_taken(callback: Callable[[Pool, float, BaseException | None], object]) -> Subscription:
    """Call back when somebody has been given a connection, or has not.

    Args:
        callback: given the pool, the seconds of waiting (none where a connection was opened for him), and the error
            that he gets instead of a connection, or None.
    """
    return taken.subscribe(callback)


def on_given_back(callback: Callable[[ConnectionInfo, Checkout], object]) -> Subscription:
    """Call back when a connection comes back to its pool.

    Args:
        callback: given the connection and who held it.
    """
    return given_back.subscribe(callback)


def on_opened(callback: Callable[[ConnectionInfo], object]) -> Subscription:
    """Call back when a pool has opened a connection.

    Args:
        callback: given the connection.
    """
    return opened.subscribe(callback)


def on_closed(callback: Callable[[ConnectionInfo], object]) -> Subscription:
    """Call back when a pool is about to close a connection.

    Args:
        callback: given the connection.
    """
    return closed.subscribe(callback)


def on_invalidated(callback: Callable[[ConnectionInfo, BaseException | None], object]) -> Subscription:
    """Call back when a connection is given up as broken, at once (not when it is only marked for replacement).

    Args:
        callback: given the connection and the error, if any, for which it is.
    """
    return invalidated.subscribe(callback)


def is_connecting() -> bool:
    """Return whether this task, or thread, is taking a connection just now."""
    taker = taking.get()
    return taker is not None and taker.pool is not None


def _watched_connect(pool: Pool) -> PoolProxiedConnection:
    taker = Taker(pool)
    token = taking.set(taker)
    _takers.add(taker)
    failure: BaseException | None = None
    try:
        return _connect_of_pool(pool)
    except BaseException as error:
        failure = error
        if isinstance(error, PoolTimeout):
            timeouts.publish(pool, error)
        raise
    finally:
        _takers.discard(taker)
        taking.reset(token)
        taker.pool = None
        # A pool opens one for whom it does not have to let wait.
        seconds = 0.0 if taker.opened else perf_counter() - taker.since
        # Channel.publish, written out: every call less counts here.
        for subscription in taken.subscriptions:
            try:
                subscription.callback(pool, seconds, failure)
            except Exception:
                subscription.failed()
        # The error's traceback holds this frame.
        failure = None


def _watch_connect() -> None:
    # SQLAlchemy has no event for a pool that is exhausted; Pool.connect is public and every taker passes there.
    Pool.connect = functools.wraps(_connect_of_pool)(_watched_connect)  # type: ignore[method-assign, assignment]


def _unwatch_connect() -> None:
    Pool.connect = _connect_of_pool  # type: ignore[method-assign]


pool_installation.add_patch(_watch_connect, _unwatch_connect)
