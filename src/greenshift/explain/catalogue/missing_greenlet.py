"""IO on an asyncio engine outside SQLAlchemy's greenlet, where no attribute was read: the last resort."""

from __future__ import annotations

import re
from typing import Final

from greenshift.explain.attribute.finding import is_missing_greenlet
from greenshift.explain.catalogue.entry import Entry
from greenshift.explain.explanation import Explanation
from greenshift.explain.failure import Failure, Frame

_GENERAL: Final = (
    "the call is one of the synchronous API, and its engine's driver is an asyncio one: "
    "it can wait for the database only inside an await of the AsyncSession or AsyncConnection"
)
# What stands in the line of the user, and what it means.
_BY_CODE: Final = (
    (r"\.sync_session\b", "sync_session is the plain Session inside the AsyncSession; it cannot wait by itself"),
    (
        r"\bobject_session\(",
        "object_session() gives the plain Session inside the AsyncSession; it cannot wait by itself",
    ),
    (r"\.sync_(engine|connection)\b", "the plain engine or connection inside the asyncio one cannot wait by itself"),
    (r"\.query\(", "a Query sends its SELECT when it is read, without an await"),
)
_DYNAMIC: Final = re.compile(r"sqlalchemy[/\\]orm[/\\]dynamic\.py$")


class MissingGreenlet(Entry):
    """``MissingGreenlet`` where neither a relationship nor a column was to be loaded."""

    kind = "missing greenlet"
    title = "A synchronous call on an asyncio engine, outside an `await`"
    source = "https://docs.sqlalchemy.org/en/20/errors.html#error-xd2s"

    def recognise(self, failure: Failure) -> Explanation | None:
        """Return the explanation if IO was tried outside the greenlet."""
        if not is_missing_greenlet(failure):
            return None
        frame = failure.user_frame
        if frame is None:
            return self._cut(failure)
        code = frame.code
        return Explanation(
            kind=self.kind,
            headline=f"{_call(frame)} asked the database outside an await",
            because=_because(failure, code),
            where=(frame.place("sent here"),),
            fix=_fix(failure),
        )

    def _cut(self, failure: Failure) -> Explanation:
        """Explain a traceback that shows no line of the application: what was read or called can't be told."""
        return Explanation(
            kind=self.kind,
            headline="the database was asked outside an await",
            because=(
                "mostly an attribute that was not loaded was read there: a relationship, or one that a commit had "
                f"expired; otherwise {_GENERAL}"
            ),
            fix=(
                "a relationship: add .options(selectinload(Model.attribute)) to the statement that loaded the object\n"
                "an attribute read after a commit: async_sessionmaker(engine, expire_on_commit=False)\n"
                f"a call: {_fix(failure)}"
            ),
            unknown=("what was read or called, and the line: the traceback shows none of the application's",),
        )


def _call(frame: Frame) -> str:
    """Return the call that a line makes, as the headline names it."""
    found = re.search(r"[A-Za-z_][\w.]*(?:\([\w.]*\)\.\w+)*(?=\()", frame.code)
    return "a synchronous call" if found is None else f"{found[0]}()"


def _is_dynamic(failure: Failure) -> bool:
    return any(_DYNAMIC.search(frame.file) for frame in failure.frames)


def _because(failure: Failure, code: str) -> str:
    if _is_dynamic(failure):
        return 'a relationship with lazy="dynamic" sends its SELECT when it is read, without an await'
    if any(frame.function == "_autoflush" for frame in failure.frames):
        return f"changes were waiting to be flushed, and an autoflush tried it there: {_GENERAL}"
    return next((text for pattern, text in _BY_CODE if re.search(pattern, code)), _GENERAL)


def _fix(failure: Failure) -> str:
    if _is_dynamic(failure):
        return (
            'map it lazy="write_only" and read it with: await session.scalars(parent.items.select())\n'
            "or await session.run_sync(lambda _: parent.items.all())"
        )
    return (
        "use the asyncio API: await session.execute(...), await session.scalars(...), await connection.execute(...)\n"
        "or run the synchronous code as it is: await session.run_sync(lambda session: ...)"
    )
