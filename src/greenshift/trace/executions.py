"""What the driver executes, timed at hardly any cost: for production, where nobody wants all of a ``Statement``.

SQLAlchemy prepares arguments for engine-level events at every statement as soon as anybody listens to one, which takes
several times as long as this; even looking for listeners of a dialect's events takes as long as all of it. So the
public ``do_execute`` of ``DefaultDialect``, which no dialect of SQLAlchemy's overrides, is wrapped meanwhile.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from time import perf_counter
from types import FrameType
from typing import Any, Final

from sqlalchemy.engine import Compiled
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.engine.interfaces import DBAPICursor, ExecutionContext

from greenshift.trace.call_site import CallSite, find_user_frame
from greenshift.trace.channel import Channel, Subscription
from greenshift.trace.installation import Installation, pool_installation
from greenshift.trace.origin import CORE, DRIVER, OPTION, Origin, attribute_origin, compiled_origin, unit_of_work_origin
from greenshift.trace.pool_use import is_connecting, taking

# With the pool's, which tell what is sent while a connection is opened.
executions_installation: Final = Installation(pool_installation)
_do_execute: Final[Callable[..., None]] = DefaultDialect.do_execute
_do_executemany: Final[Callable[..., None]] = DefaultDialect.do_executemany
_do_execute_no_params: Final[Callable[..., None]] = DefaultDialect.do_execute_no_params
_ended: Channel[[ExecutionContext, str, float, BaseException | None]] = Channel(listening=executions_installation)


def on_end(callback: Callable[[ExecutionContext, str, float, BaseException | None], object]) -> Subscription:
    """Call back when the driver has executed a statement, in the thread and task of the statement.

    Left out are statements that SQLAlchemy sends while a connection is opened, those that a listener of the dialect's
    ``do_execute`` event executes itself, and ``executemany`` of the dialects that have their own (psycopg2, ODBC).

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


def _tell(context: ExecutionContext, sql: str, seconds: float, error: BaseException | None) -> None:
    # Channel.publish, written out: every call less is a tenth of what timing costs.
    for subscription in _ended.subscriptions:
        try:
            subscription.callback(context, sql, seconds, error)
        except Exception:
            subscription.failed()


def _watched_do_execute(
    self: DefaultDialect, cursor: DBAPICursor, statement: str, parameters: Any, context: ExecutionContext | None = None
) -> None:
    __tracebackhide__ = True
    started = perf_counter()
    try:
        _do_execute(self, cursor, statement, parameters, context)
    except BaseException as error:
        if context is not None and not is_connecting():
            _tell(context, statement, perf_counter() - started, error)
        raise
    seconds = perf_counter() - started
    if context is not None and (not taking or not is_connecting()):
        # _tell, written out.
        for subscription in _ended.subscriptions:
            try:
                subscription.callback(context, statement, seconds, None)
            except Exception:
                subscription.failed()


def _watched_do_executemany(
    self: DefaultDialect, cursor: DBAPICursor, statement: str, parameters: Any, context: ExecutionContext | None = None
) -> None:
    __tracebackhide__ = True
    _timed(context, statement, lambda: _do_executemany(self, cursor, statement, parameters, context))


def _watched_do_execute_no_params(
    self: DefaultDialect, cursor: DBAPICursor, statement: str, context: ExecutionContext | None = None
) -> None:
    __tracebackhide__ = True
    _timed(context, statement, lambda: _do_execute_no_params(self, cursor, statement, context))


def _timed(context: ExecutionContext | None, statement: str, execute: Callable[[], None]) -> None:
    __tracebackhide__ = True
    started = perf_counter()
    failure: BaseException | None = None
    try:
        execute()
    except BaseException as error:
        failure = error
        raise
    finally:
        if context is not None and not is_connecting():
            _tell(context, statement, perf_counter() - started, failure)
        # The error's traceback holds this frame.
        failure = None


def _watch() -> None:
    DefaultDialect.do_execute = functools.wraps(_do_execute)(_watched_do_execute)  # type: ignore[method-assign]
    DefaultDialect.do_executemany = functools.wraps(_do_executemany)(  # type: ignore[method-assign]
        _watched_do_executemany
    )
    DefaultDialect.do_execute_no_params = functools.wraps(_do_execute_no_params)(  # type: ignore[method-assign]
        _watched_do_execute_no_params
    )


def _unwatch() -> None:
    DefaultDialect.do_execute = _do_execute  # type: ignore[method-assign]
    DefaultDialect.do_executemany = _do_executemany  # type: ignore[method-assign]
    DefaultDialect.do_execute_no_params = _do_execute_no_params  # type: ignore[method-assign]


executions_installation.add_patch(_watch, _unwatch)
