"""Which connections an ORM session holds."""

from __future__ import annotations

import weakref
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from greenshift.trace.connections import ConnectionInfo, info_of
from greenshift.trace.installation import installation

_begun: weakref.WeakKeyDictionary[Session, weakref.WeakSet[ConnectionInfo]] = weakref.WeakKeyDictionary()


def connections_of(session: Session) -> list[ConnectionInfo]:
    """Return the connections that a session has begun a transaction on and still holds.

    Args:
        session: a session; of an ``AsyncSession`` its ``sync_session``.
    """
    return [info for info in _begun.get(session, ()) if info.checked_out] if session.in_transaction() else []


def _after_begin(session: Session, _transaction: Any, connection: Connection) -> None:
    _begun.setdefault(session, weakref.WeakSet()).add(info_of(connection))


installation.add(Session, "after_begin", _after_begin)
