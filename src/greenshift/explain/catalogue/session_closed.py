"""A session that was closed for good, used again."""

from __future__ import annotations

from greenshift.explain.catalogue.entry import Entry
from greenshift.explain.editing.closing import closed_above
from greenshift.explain.editing.source import read_source
from greenshift.explain.explanation import Explanation, Place
from greenshift.explain.failure import Failure, Frame


class SessionUsedAfterClose(Entry):
    """``InvalidRequestError`` from a session that was made with ``close_resets_only=False``."""

    kind = "session used after close"
    title = "A session that was closed for good (`close_resets_only=False`) is used again"
    source = "https://docs.sqlalchemy.org/en/20/orm/session_api.html#sqlalchemy.orm.Session.params.close_resets_only"

    def recognise(self, failure: Failure) -> Explanation | None:
        """Return the explanation if a closed session was asked for its transaction."""
        raised = failure.find("InvalidRequestError", containing="This Session has been permanently closed")
        if raised is None:
            return None
        frame = raised.user_frame
        closed = None if frame is None else _closed(frame)
        return Explanation(
            kind=self.kind,
            headline="a session was used after it had been closed",
            because=(
                "the session was made with close_resets_only=False, so close(), or the end of its `with` block, "
                "ends it for good"
            ),
            where=tuple(
                one for one in (None if frame is None else frame.place("used here"), closed) if one is not None
            ),
            fix=(
                "move the statement into the session's `with` block, or open a new session for it: "
                "async with session_factory() as session: ..."
            ),
            unknown=() if closed is not None else ("the line that closed it: it is not in the function that used it",),
        )


def _closed(frame: Frame) -> Place | None:
    source = read_source(frame.file, frame.line)
    line = None if source is None else closed_above(source, frame.line)
    if source is None or line is None:
        return None
    return Place(frame.file, line, "closed here", frame.function, source.lines[line - 1].strip())
