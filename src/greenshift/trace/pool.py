"""From SQLAlchemy's pool events to the knowledge of connections, and hooks for those who manage them."""

from __future__ import annotations

import logging
import weakref
from collections.abc import Callable
from sys import _getframe
from types import FrameType
from typing import Any, Final

from sqlalchemy import Engine
from sqlalchemy.engine import Dialect
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry, Pool

from greenshift.errors import GreenshiftError
from greenshift.trace import connections
from greenshift.trace.call_site import find_call_site
from greenshift.trace.channel import Channel, Subscription
from greenshift.trace.checkout import note_holder
from greenshift.trace.connections import INFO_KEY, ConnectionInfo, adopt
from greenshift.trace.installation import connecting_installation, installation, pool_installation
from greenshift.trace.place import running_loop
from greenshift.trace.pool_use import closed, given_back, invalidated, note_opened, opened, pool_here, timeouts

logger = logging.getLogger("greenshift.trace")

_DATABASE_KEY: Final = "greenshift database"

# So many frames above a checkout the user's code can begin: the pool's own stand between.
_CHECKOUT_DEPTH: Final = 2
# And so many where Engine.connect mostly stands: each frame that is not walked through is a tenth of the cost.
_ENGINE_DEPTH: Final = 7
_ENGINE_CONNECT: Final = Engine.connect.__code__

# Connections that left their pools, by the identity of the DBAPI connection.
_detached: weakref.WeakValueDictionary[int, ConnectionInfo] = weakref.WeakValueDictionary()

_checkout_channel: Channel[[ConnectionInfo, Any]] = Channel(DisconnectionError, GreenshiftError)
_connect_channel: Channel[[ConnectionInfo, Any]] = Channel()
_close_channel: Channel[[ConnectionInfo]] = Channel()
# Who only guards connections need not listen to all statements.
_arguments_channel: Channel[[Dialect, list[Any], dict[str, Any]]] = Channel(
    GreenshiftError, listening=connecting_installation
)


def on_checkout(callback: Callable[[ConnectionInfo, Any], object]) -> Subscription:
    """Call back whenever a connection is taken from a pool, before its taker gets it.

    The callback may raise ``sqlalchemy.exc.DisconnectionError``: the pool closes the connection, opens
    another in its place and calls back with that one. SQLAlchemy gives up after the second refusal in one
    checkout, with ``InvalidRequestError: This connection is closed``; so refuse a connection for something
    that a new one does not have. A ``GreenshiftError`` reaches the taker, who gets no connection. Any other
    exception is logged once.

    Args:
        callback: given the connection's information and SQLAlchemy's DBAPI connection.
    """
    return _checkout_channel.subscribe(callback)


def on_connect(callback: Callable[[ConnectionInfo, Any], object]) -> Subscription:
    """Call back whenever a pool has opened a connection, before the application's own ``connect`` listeners.

    Args:
        callback: given the connection's information and SQLAlchemy's DBAPI connection.
    """
    return _connect_channel.subscribe(callback)


def on_close(callback: Callable[[ConnectionInfo], object]) -> Subscription:
    """Call back whenever a pool is about to close a connection.

    Args:
        callback: given the connection's information.
    """
    return _close_channel.subscribe(callback)


def on_connect_arguments(
    callback: Callable[[Dialect, list[Any], dict[str, Any]], object],
) -> Subscription:
    """Call back before an engine connects, to read or change what it connects with.

    It reaches every engine made by ``create_engine`` without a ``creator``, ``async_creator`` or pool of its
    own. A ``GreenshiftError`` raised in it reaches whoever wanted the connection; any other exception is
    logged once.

    Args:
        callback: given the dialect, and the positional and keyword arguments of the driver's connect, both
            of which it may change in place.
    """
    return _arguments_channel.subscribe(callback)


def on_timeout(callback: Callable[[Pool, PoolTimeout], object]) -> Subscription:
    """Call back when a pool had no connection to give within its ``pool_timeout``, before the taker learns of it.

    Args:
        callback: given the pool and the exception that its taker is about to get.
    """
    return timeouts.subscribe(callback)


def _do_connect(
    dialect: Dialect, record: ConnectionPoolEntry | None, arguments: list[Any], parameters: dict[str, Any]
) -> None:
    _arguments_channel.publish(dialect, arguments, parameters)
    if record is not None:
        database = parameters.get("database", parameters.get("dbname"))
        if database is None and dialect.name == "sqlite" and arguments:
            database = arguments[0]
        record.info[_DATABASE_KEY] = None if database is None else str(database)


def _connect(dbapi_connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
    info = adopt(dbapi_connection, record)
    info.database = record.info.get(_DATABASE_KEY) or info.database
    info.opened = find_call_site(_getframe(1))
    if info.is_async and (loop := running_loop()) is not None:
        info._loop = weakref.ref(loop)
    pool = note_opened()
    if pool is not None:
        info._taken_from(pool)
    _connect_channel.publish(info, dbapi_connection)
    opened.publish(info)


def _checkout(_dbapi_connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: Any) -> None:
    info: ConnectionInfo = record.info.get(INFO_KEY) or _adopt(record)
    try:
        frame: FrameType | None = _getframe(_ENGINE_DEPTH)
    except ValueError:  # a shallow stack, such as a greenlet's
        frame = None
    frame = frame.f_back if frame is not None and frame.f_code is _ENGINE_CONNECT else _getframe(_CHECKOUT_DEPTH)
    info._held = note_holder(frame, connections._test)
    info.checkouts += 1


def _adopt(record: ConnectionPoolEntry) -> ConnectionInfo:
    info = adopt(record.dbapi_connection, record)
    pool = pool_here()
    if pool is not None:
        info._taken_from(pool)
    return info


def _traced_checkout(dbapi_connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: Any) -> None:
    info: ConnectionInfo = record.info.get(INFO_KEY) or _adopt(record)
    info._bare = True
    if _checkout_channel.subscriptions:
        _checkout_channel.publish(info, dbapi_connection)


def _checkin(_dbapi_connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
    info: ConnectionInfo | None = record.info.get(INFO_KEY)
    if info is None:
        return
    if info._entry() is not record:  # it was found out in use
        info._entry = weakref.ref(record)
    if info._bare:
        info._bare = False
        if info._held is not None:
            info.tainted.add("raw connection")
    held = info._held
    if held is not None:
        for subscription in given_back.subscriptions:
            try:
                subscription.callback(info, held[0])
            except Exception:
                subscription.failed()
    info._held = None
    info.in_transaction_since = None


def _invalidate(_dbapi_connection: DBAPIConnection, record: ConnectionPoolEntry, error: BaseException | None) -> None:
    info: ConnectionInfo | None = record.info.get(INFO_KEY)
    if info is not None:
        invalidated.publish(info, error)


def _close(dbapi_connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
    _closing(record.info.get(INFO_KEY))


def _closing(info: ConnectionInfo | None) -> None:
    if info is not None and not info.closed:
        info.closed = True
        info._held = None
        info.in_transaction_since = None
        _close_channel.publish(info)
        closed.publish(info)


def _detach(dbapi_connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
    info: ConnectionInfo | None = record.info.get(INFO_KEY)
    if info is not None:
        info.detached = True
        _detached[id(dbapi_connection)] = info


def _close_detached(dbapi_connection: DBAPIConnection) -> None:
    _closing(_detached.pop(id(dbapi_connection), None))


connecting_installation.add(Engine, "do_connect", _do_connect)
pool_installation.add(Pool, "connect", _connect)
pool_installation.add(Pool, "checkout", _checkout)
pool_installation.add(Pool, "checkin", _checkin)
# Transactions are seen only while statements are.
installation.add(Pool, "checkout", _traced_checkout)
pool_installation.add(Pool, "invalidate", _invalidate)
pool_installation.add(Pool, "close", _close)
pool_installation.add(Pool, "detach", _detach)
pool_installation.add(Pool, "close_detached", _close_detached)
