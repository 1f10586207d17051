"""A session that chooses between the primary and a replica for each transaction and statement.

It rests on public hooks alone: ``Session.get_bind`` ("Custom Vertical Partitioning",
https://docs.sqlalchemy.org/en/20/orm/persistence_techniques.html), custom ``bind_arguments``
(https://docs.sqlalchemy.org/en/20/orm/session_api.html), three session events, and for asyncio ``sync_session_class``
(https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html, ``AsyncSession.get_bind``).
"""

from __future__ import annotations

from typing import Any, Literal

from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import ORMExecuteState, Session, SessionTransaction
from sqlalchemy.sql.elements import ClauseElement

from routing.databases import Databases
from routing.position import LastWrite
from routing.statements import only_reads

Using = Literal["primary", "replica"]


class RoutingSession(Session):
    """Reads from a replica, writes to the primary.

    A transaction's first read chooses a replica that shows what the user wrote, and its later reads stay there. Its
    first write moves it to the primary, where it remains until its end.

    A single statement can be told where to go by its execution option ``using``, or by
    ``bind_arguments={"using": "primary"}``, which ``get`` takes as well. ``using="replica"`` means: this only reads,
    whatever it looks like; it may still be answered by the primary.

    Args:
        databases: the primary and its replicas.
        using: ``primary`` to keep the whole session there.
        last_write: where the user's last write is noted; sessions that share it see each other's writes.
        options: those of :class:`sqlalchemy.orm.Session`.
    """

    def __init__(
        self,
        *,
        databases: Databases,
        using: Using | None = None,
        last_write: LastWrite | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.databases = databases
        # A replica cannot prepare a transaction, and one that was read from would be asked to.
        self.using: Using | None = "primary" if options.get("twophase") else using
        self.last_write = last_write if last_write is not None else LastWrite()
        self._reads_from: Engine | None = None
        self._is_writing = False

    def get_bind(
        self,
        mapper: Any = None,
        *,
        clause: ClauseElement | None = None,
        bind: Engine | Connection | None = None,
        using: Using | None = None,
        **others: Any,
    ) -> Engine | Connection:
        """Return the engine for one statement; called by SQLAlchemy."""
        if bind is not None:
            return bind
        if not self._is_writing:
            wanted = self.using or using
            if wanted == "primary" or (wanted is None and not only_reads(clause)):
                self.keep_to_primary()
        if self._is_writing:
            return self.databases.primary
        if self._reads_from is None:
            self._reads_from = self.databases.for_reading(self.last_write.position)
        return self._reads_from

    def keep_to_primary(self) -> None:
        """Stay with the primary until the transaction ends, and count it as one that wrote."""
        self._is_writing = True

    def choose_anew(self) -> None:
        """Begin another transaction's choice, and note what this one wrote, whether it was committed or not."""
        wrote, self._is_writing, self._reads_from = self._is_writing, False, None
        if wrote:
            self.last_write.move_to(self.databases.written())


@event.listens_for(RoutingSession, "do_orm_execute")
def _tell(state: ORMExecuteState) -> None:
    # What get_bind() is not told by itself: options, and the statement where it is a UNION of entities.
    state.bind_arguments.setdefault("clause", state.statement)
    if "using" in state.execution_options:
        state.bind_arguments.setdefault("using", state.execution_options["using"])


@event.listens_for(RoutingSession, "before_flush")
def _write(session: RoutingSession, *_: object) -> None:
    # A flush may read as well, for what the database generated.
    session.keep_to_primary()


@event.listens_for(RoutingSession, "after_transaction_end")
def _end(session: RoutingSession, transaction: SessionTransaction) -> None:
    # The connections are back in their pools by now, so asking for the position never needs a second one.
    if transaction.parent is None:
        session.choose_anew()
