"""From the stream of statements to the recording."""

from __future__ import annotations

import sys
import weakref
from datetime import date, time, timedelta
from decimal import Decimal
from types import FrameType
from typing import Any, Final

from sqlalchemy.orm import InstrumentedAttribute, Session, loading, strategies

from greenshift import trace
from greenshift.shift.verify.recording.production_sessions import ProductionSessions
from greenshift.shift.verify.recording.writer import RecordWriter
from greenshift.trace.call_site import find_user_frame

_families: dict[type, str] = {}
# What loads by lazy="immediate".
_EAGER: Final = "_load_for_path"
# What loads by get(), in SQLAlchemy 2.0 and 2.1.
_GET: Final = frozenset({"load_on_pk_identity", "_load_on_pk_identity"})


def family(kind: type) -> str:
    """Return what drivers agree on of a parameter's type: ``null``, ``number``, ``time``, ``list`` or ``text``.

    The same UUID, JSON or enumeration is a ``str`` to one driver and an object of its own to another.

    Args:
        kind: the Python type that the driver got.
    """
    found = _families.get(kind)
    if found is None:
        found = "text"
        for name, types in _FAMILIES:
            if issubclass(kind, types):
                found = name
                break
        _families[kind] = found
    return found


_FAMILIES: tuple[tuple[str, tuple[type, ...]], ...] = (
    ("null", (type(None),)),
    ("number", (bool, int, float, Decimal)),
    ("time", (date, time, timedelta)),
    ("list", (list, tuple, set, frozenset)),
)


def _relationship_load(frame: FrameType) -> str:
    """Return the kind of a load that goes by the name of a lazy one."""
    user, mark = find_user_frame(frame)
    if mark == "refresh":
        # refresh(order, ["customer"]): asked for, not met with while reading.
        return "explicit load"
    for one in trace.frames_from(frame):
        if one is user or one.f_code is InstrumentedAttribute.__get__.__code__:
            break
        if one.f_code.co_name == _EAGER and one.f_code.co_filename == strategies.__file__:
            # lazy="immediate" loads one by one, but at once.
            return "eager load"
    return "lazy load"


def _is_get(frame: FrameType) -> bool:
    """Whether the session looked for an instance among those that it holds before it asked the database."""
    user, _ = find_user_frame(frame)
    for one in trace.frames_from(frame):
        if one is user:
            return False
        if one.f_code.co_name in _GET and one.f_code.co_filename == loading.__file__:
            return True
    return False


class StatementRecorder:
    """Writes every statement and every commit, with the session that asked for it.

    Args:
        writer: the recording.
        production: gives the tests' sessions the options of production, or None to leave them alone.
    """

    def __init__(self, writer: RecordWriter, production: ProductionSessions | None = None) -> None:
        self._writer = writer
        self._production = production
        self._sessions: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()
        self._count = 0
        self._subscriptions: list[trace.Subscription] = []

    def start(self) -> None:
        """Begin to listen."""
        self._subscriptions = [trace.subscribe(self._statement), trace.transactions.on_end(self._ended)]

    def stop(self) -> None:
        """End."""
        for subscription in self._subscriptions:
            subscription.close()

    def _owner(self, info: trace.ConnectionInfo) -> tuple[int, Session | None]:
        """Number the session that holds a connection; without a session, the connection itself."""
        checkout = info.checkout
        session = None if checkout is None else checkout.session
        holder: Any = info if session is None else session
        number = self._sessions.get(holder)
        if number is None:
            self._count += 1
            number = self._sessions[holder] = self._count
            if session is not None and self._production is not None:
                self._production.apply(session, is_async=info.is_async)
        return number, session

    def _statement(self, statement: trace.Statement) -> None:
        info = statement.connection
        session, _ = self._owner(info)
        shape = statement.parameter_shape
        site = statement.call_site
        error = statement.error
        kind: str = statement.origin.kind
        if kind == "lazy load":
            kind = _relationship_load(sys._getframe())
        elif kind == "select" and statement.origin.by_key and error is None:
            kind = "get" if _is_get(sys._getframe()) else "by key"
        self._writer.write(
            "statement",
            session=session,
            driver=info.driver,
            sql=self._writer.text_number(statement.sql),
            sets=shape.sets,
            names=shape.names,
            types=[family(kind) for kind in shape.types],
            origin=[kind, statement.origin.detail],
            at=None if site is None else list(site),
            error=None if error is None else f"{type(error).__name__}: {error}".partition("\n")[0][:300],
        )

    def _ended(self, info: trace.ConnectionInfo, committed: bool) -> None:
        if committed:
            self._writer.write("commit", session=self._owner(info)[0])
