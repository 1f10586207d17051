"""What the driver executes, timed at hardly any cost: for production, where nobody wants all of a ``Statement``.

SQLAlchemy prepares arguments for engine-level events at every statement as soon as anybody listens to one, which takes
several times as long as this. The dialect's ``do_execute`` events cost nothing of the kind, and may do the executing
themselves (SQLAlchemy documentation, ``DialectEvents``).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from time import perf_counter
from types import FrameType
from typing import Any, Final

from sqlalchemy import Engine
from sqlalchemy.engine import Compiled, Dialect
from sqlalchemy.engine.interfaces import DBAPICursor, ExecutionContext

from greenshift.trace.call_site import CallSite, find_user_frame
from greenshift.trace.channel import Channel, Subscription
from greenshift.trace.installation import Installation, pool_installation
from greenshift.trace.origin import CORE, DRIVER, OPTION, Origin, attribute_origin, compiled_origin, unit_of_work_origin
from greenshift.trace.pool_use import is_connecting, taking

# With the pool's, which tell what is sent while a connection is opened.
executions_installation: Final = Installation(pool_installation)
_ended: Channel[[ExecutionContext, str, float, BaseException | None]] = Channel(listening=executions_installation)


def on_end(callback: Callable[[ExecutionContext, str, float, BaseException | None], object]) -> Subscription:
    """Call back when the driver has executed a statement, in the thread and task of the statement.

    Statements that SQLAlchemy sends while a connection is opened are left out.

    Args:
        callback: given SQLAlchemy's execution context, the text, the seconds from handing it to the driver until its
            answer, and the driver's error (or a cancellation), or None.
    """
    return _ended.subscribe(callback)


def look_around(context: ExecutionContext) -> tuple[CallSite | None, Origin]:
    """Return the line of the user's code, and what asked for the statement.

    Only a callback of :func:`on_end` may ask: the stack is looked at.

    Args:
        context: as given to the callback.
    """
    frame = _execution_frame()
    found, mark = find_user_frame(frame)
    site = None if found is None else CallSite.at(found.f_code, found.f_lasti)
    return site, _origin(context, mark, frame)


def attribute_read(context: ExecutionContext) -> tuple[CallSite | None, Origin] | None:
    """Return the same as :func:`look_around` where reading an attribute caused the statement, otherwise None.

    Args:
        context: as given to the callback.
    """
    frame = _execution_frame()
    origin: Origin | None = context.execution_options.get(OPTION)
    if origin is None:
        origin = attribute_origin(frame)
    if origin is None or origin.parent is None:
        return None
    found, _ = find_user_frame(frame)
    return None if found is None else CallSite.at(found.f_code, found.f_lasti), origin


def _execution_frame() -> FrameType | None:
    """Return the frame that executes the statement, behind those of the callback, which may be anybody's code."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and frame.f_code.co_filename != __file__:
        frame = frame.f_back
    return frame


def _origin(context: ExecutionContext, mark: str | None, frame: FrameType | None) -> Origin:
    noted: Origin | None = context.execution_options.get(OPTION)
    if noted is not None:
        return noted
    compiled: Compiled | None = context.compiled
    if compiled is None:
        return DRIVER if context.invoked_statement is None else CORE
    if mark:
        origin = unit_of_work_origin(context, mark)
        return origin if origin.detail is not None else origin._replace(detail=compiled_origin(compiled).detail)
    return attribute_origin(frame) or compiled_origin(compiled)


def _execute(kind: str, dialect: Dialect, cursor: DBAPICursor, *arguments: Any) -> None:
    """Execute as SQLAlchemy would: a listener of somebody else's may, or else the dialect does."""
    listeners = getattr(dialect.dispatch, kind)
    # Ours is the first, since it listens to the class.
    if len(listeners) > 1:
        for listener in listeners:
            if listener is not _LISTENERS[kind] and listener(cursor, *arguments):
                return
    getattr(dialect, kind)(cursor, *arguments)


def _timed(kind: str, context: ExecutionContext, sql: str, cursor: DBAPICursor, *arguments: Any) -> bool:
    started = perf_counter()
    try:
        _execute(kind, context.dialect, cursor, *arguments)
    except BaseException as error:
        _ended.publish(context, sql, perf_counter() - started, error)
        raise
    _ended.publish(context, sql, perf_counter() - started, None)
    return True


def _do_execute(cursor: DBAPICursor, sql: str, parameters: Any, context: ExecutionContext | None) -> bool:
    __tracebackhide__ = True
    if context is None or (taking.get() is not None and is_connecting()):
        return False
    # The common case, written out: every call less is a tenth of what timing costs.
    dialect = context.dialect
    listeners = dialect.dispatch.do_execute
    if len(listeners) > 1:
        return _timed("do_execute", context, sql, cursor, sql, parameters, context)
    started = perf_counter()
    try:
        dialect.do_execute(cursor, sql, parameters, context)
    except BaseException as error:
        _ended.publish(context, sql, perf_counter() - started, error)
        raise
    seconds = perf_counter() - started
    for subscription in _ended.subscriptions:
        try:
            subscription.callback(context, sql, seconds, None)
        except Exception:
            subscription.failed()
    return True


def _do_executemany(cursor: DBAPICursor, sql: str, parameters: Any, context: ExecutionContext | None) -> bool:
    __tracebackhide__ = True
    if context is None or (taking.get() is not None and is_connecting()):
        return False
    return _timed("do_executemany", context, sql, cursor, sql, parameters, context)


def _do_execute_no_params(cursor: DBAPICursor, sql: str, context: ExecutionContext | None) -> bool:
    __tracebackhide__ = True
    if context is None or (taking.get() is not None and is_connecting()):
        return False
    return _timed("do_execute_no_params", context, sql, cursor, sql, context)


_LISTENERS: Final[dict[str, Callable[..., bool]]] = {
    "do_execute": _do_execute,
    "do_executemany": _do_executemany,
    "do_execute_no_params": _do_execute_no_params,
}
for _kind, _listener in _LISTENERS.items():
    executions_installation.add(Engine, _kind, _listener)
