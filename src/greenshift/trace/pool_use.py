"""How pools are used: who waits, who takes and gives back. The cheap part of tracing, meant for production."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from time import perf_counter
from typing import Any, Final, NamedTuple

import greenlet  # type: ignore[import-untyped]
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import Pool, PoolProxiedConnection

from greenshift.trace.channel import Channel, Subscription
from greenshift.trace.connections import ConnectionInfo
from greenshift.trace.installation import pool_installation

_connect_of_pool: Final = Pool.connect

taken: Final[Channel[[Pool, float, BaseException | None]]] = Channel(listening=pool_installation)
given_back: Final[Channel[[ConnectionInfo, float]]] = Channel(listening=pool_installation)
opened: Final[Channel[[ConnectionInfo]]] = Channel(listening=pool_installation)
closed: Final[Channel[[ConnectionInfo]]] = Channel(listening=pool_installation)
invalidated: Final[Channel[[ConnectionInfo, BaseException | None]]] = Channel(listening=pool_installation)
timeouts: Final[Channel[[Pool, PoolTimeout]]] = Channel()


class Taker(NamedTuple):
    """Somebody, a thread or a task, who is taking a connection from a pool.

    Attributes:
        pool: the pool.
        since: when he began, in seconds of ``time.perf_counter``.
    """

    pool: Pool
    since: float


# By the identity of the greenlet in which somebody takes a connection: of SQLAlchemy's asyncio each call has one, and
# otherwise each thread. The pool, since when, and whether a connection has been opened for him; a list is made fastest.
_getcurrent: Final = greenlet.getcurrent
taking: Final[dict[int, list[Any]]] = {}


if hasattr(os, "register_at_fork"):
    # Who was waiting goes on doing so in the parent.
    os.register_at_fork(after_in_child=taking.clear)


def takers() -> list[Taker]:
    """Return those who are in their pool now: they wait, or a connection is being opened for them.

    Pools override ``Pool.connect`` rarely: of SQLAlchemy's own, only ``SingletonThreadPool`` is not seen.
    """
    return [Taker(pool, since) for pool, since, _ in taking.copy().values()]


def on_taken(callback: Callable[[Pool, float, BaseException | None], object]) -> Subscription:
    """Call back when somebody has been given a connection, or has not.

    Args:
        callback: given the pool, the seconds of waiting (none where a connection was opened for him), and the error
            that he gets instead of a connection, or None.
    """
    return taken.subscribe(callback)


def on_given_back(callback: Callable[[ConnectionInfo, float], object]) -> Subscription:
    """Call back when a connection comes back to its pool.

    Args:
        callback: given the connection, of which ``checkout`` is still who held it, and since when
            (``perf_counter``).
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
    return id(_getcurrent()) in taking


def note_opened() -> Pool | None:
    """Take it that a connection has been opened for whoever is taking one here.

    Returns:
        The pool, or None where nobody is seen to take one.
    """
    taker = taking.get(id(_getcurrent()))
    if taker is None:
        return None
    taker[2] = True
    pool: Pool = taker[0]
    return pool


def pool_here() -> Pool | None:
    """Return the pool from which a connection is being taken here, or None."""
    taker = taking.get(id(_getcurrent()))
    return None if taker is None else taker[0]


def _watched_connect(pool: Pool) -> PoolProxiedConnection:
    me = id(_getcurrent())
    # Of another pool perhaps, whose connection is being made out of one of this.
    outer = taking.get(me)
    taker: list[Any] = [pool, perf_counter(), False]
    taking[me] = taker
    try:
        connection = _connect_of_pool(pool)
    except BaseException as error:
        if isinstance(error, PoolTimeout):
            timeouts.publish(pool, error)
        _leave(me, outer)
        _tell_taken(pool, taker, error)
        raise
    if outer is None:
        taking.pop(me, None)
    else:
        taking[me] = outer
    # A pool opens one for whom it does not have to let wait.
    seconds = 0.0 if taker[2] else perf_counter() - taker[1]
    # Channel.publish, written out: every call less counts here.
    for subscription in taken.subscriptions:
        try:
            subscription.callback(pool, seconds, None)
        except Exception:
            subscription.failed()
    return connection


def _leave(me: int, outer: list[Any] | None) -> None:
    if outer is None:
        taking.pop(me, None)
    else:
        taking[me] = outer


def _tell_taken(pool: Pool, taker: list[Any], failure: BaseException) -> None:
    taken.publish(pool, 0.0 if taker[2] else perf_counter() - taker[1], failure)


def _watch_connect() -> None:
    # SQLAlchemy has no event for a pool that is exhausted; Pool.connect is public and every taker passes there.
    Pool.connect = functools.wraps(_connect_of_pool)(_watched_connect)  # type: ignore[method-assign, assignment]


def _unwatch_connect() -> None:
    Pool.connect = _connect_of_pool  # type: ignore[method-assign]


pool_installation.add_patch(_watch_connect, _unwatch_connect)
