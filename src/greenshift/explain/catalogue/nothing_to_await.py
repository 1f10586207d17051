"""``await`` before something that is not a coroutine."""

from __future__ import annotations

import re
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession, async_scoped_session
from sqlalchemy.orm import Session, scoped_session

from greenshift.explain.catalogue.entry import Entry
from greenshift.explain.editing.await_call import unneeded_await
from greenshift.explain.explanation import Explanation, Place
from greenshift.explain.failure import Failure, Frame

_MESSAGE: Final = re.compile(r"object (?P<type>\w+) can't be used in 'await' expression")
# Results of a sync session or connection.
_RESULTS: Final = frozenset(
    {
        "ChunkedIteratorResult",
        "IteratorResult",
        "CursorResult",
        "ScalarResult",
        "MappingResult",
        "TupleResult",
        "FrozenResult",
        "LegacyCursorResult",
    }
)
# Methods of AsyncSession which do no IO.
_SESSION: Final = frozenset(
    {"add", "add_all", "expunge", "expunge_all", "expire", "expire_all", "get_bind", "is_modified", "in_transaction"}
)
# Methods of a result that is already in memory.
_RESULT: Final = frozenset(
    {
        "scalars",
        "mappings",
        "unique",
        "all",
        "first",
        "one",
        "one_or_none",
        "scalar",
        "scalar_one",
        "scalar_one_or_none",
        "fetchall",
        "fetchone",
        "partitions",
        "tuples",
    }
)
_SENDS: Final = re.compile(
    r"\bawait\s+(?P<receiver>[\w.]+)\.(?P<method>execute|scalars|scalar|get|commit|flush|refresh|delete|merge|rollback|close)\("
)
_AWAITED: Final = re.compile(r"\bawait\b.*?\.(?P<method>\w+)\([^()]*\)\s*$")


class NothingToAwait(Entry):
    """A result where a coroutine was meant."""

    kind = "nothing to await"
    title = "await before session.add(), before a result's own method, or before a sync session's"
    source = "https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#synopsis-orm"

    def recognise(self, failure: Failure) -> Explanation | None:
        """Return the explanation if what was awaited is a result already."""
        raised = failure.find("TypeError", containing="can't be used in 'await' expression")
        found = None if raised is None else _MESSAGE.search(raised.message)
        frame = None if raised is None else raised.user_frame
        if found is None or frame is None:
            return None
        result = found["type"]
        sync = _sync_session(frame, result)
        if sync is not None:
            return Explanation(
                self.kind,
                f"{sync} is a sync Session: its methods are not awaited",
                f"await stands before a method of {sync}, which gives the result itself ({result}) and no coroutine.",
                (frame.place("awaited here"),),
                "give the function an AsyncSession (async_sessionmaker, create_async_engine), or leave out `await`\n"
                "and keep the function sync: a sync session blocks the event loop.",
            )
        call = unneeded_await(frame.file, frame.line, lambda name: name in _SESSION or name in _RESULT)
        if call is None:
            method = _AWAITED.search(frame.code)
            name = None if method is None else method["method"]
            if name not in _SESSION | _RESULT:
                return None
            return self._plain(name, frame.place("awaited here"), ())
        place = Place(frame.file, call[0].line, "awaited here", frame.function, call[0].code)
        return self._plain(call[0].name, place, call[1])

    def _plain(self, name: str, place: Place, edits: tuple[object, ...]) -> Explanation:
        because = (
            f"{name}() only marks the object in the session; the SQL is sent by flush() or commit(), which are awaited."
            if name in _SESSION
            else f"The rows are in memory once execute() was awaited; {name}() gives them at once."
        )
        return Explanation(
            self.kind,
            f"{name}() is not a coroutine, and was awaited",
            because,
            (place,),
            f"leave out the `await` before {name}().",
            edits,  # type: ignore[arg-type]
        )


def _sync_session(frame: Frame, result: str) -> str | None:
    """Return the name of the sync session whose method a line awaits, or None."""
    for found in _SENDS.finditer(frame.code):
        name = found["receiver"]
        value = None if frame.locals is None else frame.locals.get(name)
        if isinstance(value, AsyncSession | async_scoped_session):
            continue
        if isinstance(value, Session | scoped_session) or (
            (frame.locals is None or value is None) and result in _RESULTS
        ):
            return name
    return None
