"""The primary and its replicas."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Sequence

from sqlalchemy import Engine, text

from routing.position import UNKNOWN, Position
from routing.replica import Replica

logger = logging.getLogger(__name__)

WRITTEN = text("SELECT pg_current_wal_lsn()::text")


class Databases:
    """One primary and any number of replicas.

    Args:
        primary: the primary's engine; of an async engine, its ``sync_engine``.
        replicas: each with an engine of its own, since each has replayed up to a place of its own.
    """

    def __init__(self, primary: Engine, replicas: Sequence[Replica]) -> None:
        self.primary = primary
        self.replicas = tuple(replicas)
        self._asking = primary.execution_options(isolation_level="AUTOCOMMIT")
        self._turns = itertools.count()

    def for_reading(self, position: Position | None) -> Engine:
        """Return the engine to read from: the replicas take turns, and the primary stands in for them.

        Args:
            position: up to where a replica must have replayed.
        """
        turn = next(self._turns)
        for number in range(len(self.replicas)):
            replica = self.replicas[(turn + number) % len(self.replicas)]
            if replica.serves(position):
                return replica.engine
        return self.primary

    def written(self) -> Position:
        """Return a position behind everything that is committed on the primary by now.

        With ``synchronous_commit = off`` a commit may be behind it: ask for ``pg_current_wal_insert_lsn()`` then.
        """
        try:
            with self._asking.connect() as connection:
                return Position.parse(connection.execute(WRITTEN).scalar_one())
        except Exception as error:  # the write is done, and must not fail for this
            logger.warning("the primary does not tell its position: %s", type(error).__name__)
            return UNKNOWN
