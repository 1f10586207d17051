"""The catalogue: one module an entry, asked in this order; the first that recognises a failure explains it."""

from __future__ import annotations

from typing import Final

from greenshift.explain.catalogue.async_url import AsyncURL
from greenshift.explain.catalogue.attached_elsewhere import AttachedElsewhere
from greenshift.explain.catalogue.blocking_call import BlockingCall
from greenshift.explain.catalogue.client_loop import ClientLoop
from greenshift.explain.catalogue.closed_loop import ClosedLoop
from greenshift.explain.catalogue.commit_forgotten import CommitForgotten
from greenshift.explain.catalogue.concurrent_operation import ConcurrentOperation
from greenshift.explain.catalogue.deferred_column import DeferredColumn
from greenshift.explain.catalogue.detached_instance import DetachedInstance
from greenshift.explain.catalogue.different_loop import DifferentLoop
from greenshift.explain.catalogue.entry import Entry
from greenshift.explain.catalogue.expired_attribute import ExpiredAttribute
from greenshift.explain.catalogue.greenlet_missing import GreenletMissing
from greenshift.explain.catalogue.idle_transaction import IdleInTransaction
from greenshift.explain.catalogue.lazy_relationship import LazyRelationship
from greenshift.explain.catalogue.locks import Deadlock, LockTimeout, StatementTimeout
from greenshift.explain.catalogue.missing_greenlet import MissingGreenlet
from greenshift.explain.catalogue.not_awaited import NotAwaited
from greenshift.explain.catalogue.nothing_to_await import NothingToAwait
from greenshift.explain.catalogue.pool_class import PoolClass
from greenshift.explain.catalogue.pool_limit import PoolLimit
from greenshift.explain.catalogue.prepared_statements import PreparedStatementBehindPooler
from greenshift.explain.catalogue.session_closed import SessionUsedAfterClose
from greenshift.explain.catalogue.sync_engine_in_loop import SyncEngineInLoop
from greenshift.explain.catalogue.sync_url import SyncURL
from greenshift.explain.catalogue.transaction_failed import TransactionAlreadyFailed
from greenshift.explain.catalogue.violations import (
    CheckViolation,
    ForeignKeyViolation,
    NotNullViolation,
    UniqueViolation,
)

# The more particular first: an entry further down may be what an earlier one looks like from afar.
ENTRIES: Final[tuple[Entry, ...]] = (
    BlockingCall(),
    SyncEngineInLoop(),
    ClientLoop(),
    ClosedLoop(),
    DifferentLoop(),
    ConcurrentOperation(),
    PoolLimit(),
    PoolClass(),
    GreenletMissing(),
    SyncURL(),
    AsyncURL(),
    NotAwaited(),
    NothingToAwait(),
    ExpiredAttribute(),
    DeferredColumn(),
    LazyRelationship(),
    DetachedInstance(),
    SessionUsedAfterClose(),
    MissingGreenlet(),
    # What the server says, last: other errors are raised while one of these is being handled.
    AttachedElsewhere(),
    TransactionAlreadyFailed(),
    IdleInTransaction(),
    PreparedStatementBehindPooler(),
    Deadlock(),
    LockTimeout(),
    StatementTimeout(),
    CheckViolation(),
    ForeignKeyViolation(),
    NotNullViolation(),
    UniqueViolation(),
    CommitForgotten(),
)
