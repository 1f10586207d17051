"""Which connections an ORM session holds."""

from __future__ import annotations

import logging
import weakref
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from greenshift.trace.connections import Checkout, ConnectionInfo, info_of
from greenshift.trace.installation import installation

logger = logging.getLogger("greenshift.trace")

# A session's use of a connection ends with the checkout during which it began.
_begun: weakref.WeakKeyDictionary[Session, dict[ConnectionInfo, Checkout]] = weakref.WeakKeyDictionary()


def connections_of(session: Session) -> list[ConnectionInfo]:
    """Return the connections that a session has begun a transaction on and still holds.

    Args:
        session: a session; of an ``AsyncSession`` its ``sync_session``.
    """
    if not session.in_transaction():
        return []
    return [info for info, checkout in _begun.get(session, {}).items() if info.checkout is checkout]


def _after_begin(session: Session, _transaction: Any, connection: Connection) -> None:
    try:
        info = info_of(connection)
        held = {one: checkout for one, checkout in _begun.get(session, {}).items() if one.checkout is checkout}
        if info.checkout is not None:
            held[info] = info.checkout
        _begun[session] = held
    except Exception:
        logger.exception("greenshift: tracing failed in after_begin")


installation.add(Session, "after_begin", _after_begin)
