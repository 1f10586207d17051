"""From SQLAlchemy's statement and transaction events to the stream of statements."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import weakref
from time import perf_counter
from typing import Any, Final

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.engine.interfaces import DBAPICursor, ExecuteStyle, ExecutionContext
from sqlalchemy.orm import ORMExecuteState, Session
from sqlalchemy.sql.compiler import SQLCompiler

from greenshift.trace.call_site import find_call_site
from greenshift.trace.channel import Channel
from greenshift.trace.connections import ConnectionInfo, current_test, info_of, running_loop
from greenshift.trace.installation import installation
from greenshift.trace.origin import OPTION, core_origin, orm_origin
from greenshift.trace.session_state import session_state_reasons
from greenshift.trace.statement import Statement, parameter_shape

logger = logging.getLogger("greenshift.trace")

statements: Channel[[Statement]] = Channel()

# A batch's text can be very long; beyond this its template is judged, and nothing is cached.
_CACHED_LENGTH: Final = 20_000

# What the driver is executing now, by the identity of its cursor.
_running: dict[int, Statement] = {}
_reported: set[str] = set()


def _report(name: str) -> None:
    """Log a defect of ours once; the application goes on."""
    if name not in _reported:
        _reported.add(name)
        logger.exception("greenshift: tracing failed in %s; logged once", name)


def _template(context: ExecutionContext | None, sql: str) -> str | None:
    """Return the text before IN lists and batches were expanded, where the statement was compiled."""
    if context is None or not isinstance(context.compiled, SQLCompiler):
        return None
    if sql is context.statement or context.execute_style is ExecuteStyle.INSERTMANYVALUES:
        return context.compiled.string
    return None


def _started(
    connection: Connection, cursor: Any, sql: str, parameters: Any, context: ExecutionContext | None, is_many: bool
) -> None:
    info = info_of(connection)
    call_site, mark = find_call_site(sys._getframe(2))
    statement = Statement()
    origin = None if context is None else context.execution_options.get(OPTION)
    statement.origin = core_origin(context, sql, mark) if origin is None else origin
    statement.sql = sql
    statement._template = template = _template(context, sql)
    statement.parameters = None
    statement.parameter_shape = parameter_shape(parameters, is_many)
    statement.executemany = is_many
    statement.call_site = call_site
    statement.connection = info
    loop = running_loop()
    if loop is None:
        statement._loop = statement._task = statement.task_name = None
    else:
        statement._loop = weakref.ref(loop)
        task = asyncio.current_task(loop)
        statement._task = None if task is None else weakref.ref(task)
        statement.task_name = None if task is None else task.get_name()
    thread = threading.current_thread()
    statement.thread = thread.name
    statement.thread_id = threading.get_ident()
    statement.test = current_test()
    statement.duration = 0.0
    statement.finished = False
    statement.rows = None
    statement.error = None
    judged = template or sql
    sniff = session_state_reasons if len(judged) <= _CACHED_LENGTH else session_state_reasons.__wrapped__
    if reasons := sniff(judged):
        info.tainted |= reasons
    info.last_statement = statement
    _running[id(cursor)] = statement
    statement.started = perf_counter()


def _rows(cursor: Any, info: ConnectionInfo) -> int | None:
    rows = getattr(cursor, "rowcount", -1)
    if not isinstance(rows, int) or rows < 0:
        return None
    # SQLite counts rows only as they are fetched.
    return None if info.backend_pid is None and cursor.description is not None else rows


def _finished(statement: Statement, parameters: Any) -> None:
    with_values: Statement | None = None
    for subscription in statements.subscriptions:
        if subscription.parameters and with_values is None:
            with_values = statement.with_parameters(parameters)
        try:
            subscription.callback(with_values if subscription.parameters and with_values else statement)
        except Exception:
            subscription.failed()


def _before_cursor_execute(
    conn: Connection,
    cursor: DBAPICursor,
    sql: str,
    parameters: Any,
    context: ExecutionContext | None,
    executemany: bool,
) -> tuple[str, Any]:
    try:
        _started(conn, cursor, sql, parameters, context, executemany)
    except Exception:
        _report("before_cursor_execute")
    return sql, parameters


def _after_cursor_execute(
    conn: Connection,
    cursor: Any,
    sql: str,
    parameters: Any,
    context: ExecutionContext | None,
    executemany: bool,
) -> None:
    ended = perf_counter()
    # None: it started before the subscription, or an engine copied by execution_options() told us already.
    statement = _running.pop(id(cursor), None)
    if statement is None:
        return
    statement.duration = ended - statement.started
    statement.finished = True
    statement.rows = _rows(cursor, statement.connection)
    _finished(statement, parameters)


def _running_on(context: ExceptionContext) -> Statement | None:
    """Return the statement that failed; the exception context itself does not carry its cursor."""
    if context.execution_context is not None:
        return _running.pop(id(context.execution_context.cursor), None)
    for key, statement in list(_running.items()):
        if statement.sql == context.statement and statement.thread_id == threading.get_ident():
            return _running.pop(key, None)
    return None


def _handle_error(context: ExceptionContext) -> None:
    ended = perf_counter()
    try:
        statement = _running_on(context)
    except Exception:
        _report("handle_error")
        return
    if statement is None:
        return
    statement.duration = ended - statement.started
    statement.finished = True
    statement.error = context.original_exception
    _finished(statement, context.parameters)


def _do_orm_execute(state: ORMExecuteState) -> None:
    if state.is_orm_statement:
        try:
            state.update_execution_options(**{OPTION: orm_origin(state, sys._getframe(1))})
        except Exception:
            _report("do_orm_execute")


def _begin(conn: Connection, *_: Any) -> None:
    try:
        if conn.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
            info_of(conn).in_transaction_since = perf_counter()
    except Exception:
        _report("begin")


def _end(conn: Connection, *_: Any) -> None:
    try:
        info_of(conn).in_transaction_since = None
    except Exception:
        _report("end of transaction")


def _engine_connect(conn: Connection) -> None:
    try:
        info_of(conn)._bare = False
    except Exception:
        _report("engine_connect")


installation.add(Engine, "before_cursor_execute", _before_cursor_execute, retval=True)
installation.add(Engine, "after_cursor_execute", _after_cursor_execute)
installation.add(Engine, "handle_error", _handle_error)
installation.add(Engine, "engine_connect", _engine_connect)
installation.add(Session, "do_orm_execute", _do_orm_execute)
for _identifier in ("begin", "begin_twophase"):
    installation.add(Engine, _identifier, _begin)
for _identifier in ("commit", "rollback", "commit_twophase", "rollback_twophase"):
    installation.add(Engine, _identifier, _end)
