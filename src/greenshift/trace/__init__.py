"""What SQL ran: one stream of events from SQLAlchemy's public hooks."""

from __future__ import annotations

from collections.abc import Callable

from greenshift.trace import attribute_reads, connections, executions, instances, pool, pool_use, streams, transactions
from greenshift.trace.call_site import CallSite, frames_from, include_user_path, is_test_file, is_user_file
from greenshift.trace.channel import Subscription
from greenshift.trace.checkout import Checkout
from greenshift.trace.connections import ConnectionInfo, set_test
from greenshift.trace.eager_loads import EagerLoad, on_eager_load
from greenshift.trace.errors import on_error
from greenshift.trace.installation import installation, pool_installation
from greenshift.trace.instances import LoadedBy
from greenshift.trace.loads import AttributeLoad, on_implicit_load, on_load_outside_greenlet
from greenshift.trace.origin import Origin, OriginKind
from greenshift.trace.recording import Recording
from greenshift.trace.session_state import session_state_reasons
from greenshift.trace.sessions import connections_of, last_statements_of
from greenshift.trace.statement import ParameterShape, Statement
from greenshift.trace.statement_events import statements

__all__ = [
    "AttributeLoad",
    "CallSite",
    "Checkout",
    "ConnectionInfo",
    "EagerLoad",
    "LoadedBy",
    "Origin",
    "OriginKind",
    "ParameterShape",
    "Recording",
    "Statement",
    "Subscription",
    "active",
    "attribute_reads",
    "connections",
    "connections_of",
    "executions",
    "frames_from",
    "include_user_path",
    "instances",
    "is_test_file",
    "is_user_file",
    "last_statements_of",
    "on_eager_load",
    "on_error",
    "on_implicit_load",
    "on_load_outside_greenlet",
    "pool",
    "pool_use",
    "record",
    "session_state_reasons",
    "set_test",
    "streams",
    "subscribe",
    "transactions",
]


def subscribe(callback: Callable[[Statement], object], *, parameters: bool = False) -> Subscription:
    """Tell a callback of every statement that ends from now on, in all threads and tasks.

    It runs in the thread and the task of the statement, before its result reaches the caller. An exception
    in it is logged once and goes no further.

    Args:
        callback: given each statement.
        parameters: whether its statements carry the values of their parameters.

    Returns:
        The subscription; ``close()`` ends it. SQLAlchemy's listeners are in place only while there is one.
    """
    return statements.subscribe(callback, parameters=parameters)


def record(*, parameters: bool = False) -> Recording:
    """Collect the statements of a block: ``with trace.record() as recording: ...``.

    Args:
        parameters: whether the statements carry the values of their parameters.
    """
    return Recording(parameters=parameters)


def active() -> bool:
    """Return whether anybody is subscribed, that is whether SQLAlchemy is being listened to."""
    return installation.active or pool_installation.active or executions.executions_installation.active
