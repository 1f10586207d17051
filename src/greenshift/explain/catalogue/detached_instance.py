"""An attribute that is not loaded, read after the object's session has closed."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from greenshift.explain.attribute.answer import loading, places, unknown_names
from greenshift.explain.attribute.eager import load_with_query
from greenshift.explain.attribute.expiry import cause_of, keep_for_later
from greenshift.explain.attribute.finding import alike
from greenshift.explain.attribute.printed import with_names
from greenshift.explain.attribute.read import AttributeRead, ReadKind, read_in_frames
from greenshift.explain.attribute.remedy import Remedy
from greenshift.explain.attribute.validation import reads_in_validation
from greenshift.explain.catalogue.entry import Entry
from greenshift.explain.explanation import Explanation
from greenshift.explain.failure import Failure

_UNBOUND: Final = re.compile(
    r"(?:Parent instance|Instance) <(?P<model>\w+) at 0x[0-9a-fA-F]+> is not bound to a Session"
    r"(?:.*?(?P<kind>lazy|deferred) load operation of attribute '(?P<attribute>\w+)')?",
    re.DOTALL,
)
_NOT_IN_SESSION: Final = re.compile(
    r"Instance '<(?P<model>\w+) at 0x[0-9a-fA-F]+>' is not persistent within this Session"
)
_KINDS: Final[dict[str | None, ReadKind]] = {
    "lazy": "lazy relationship",
    "deferred": "deferred column",
    None: "expired attribute",
}
_WHAT: Final[dict[str, str]] = {
    "lazy relationship": "a relationship that is not loaded",
    "deferred column": "a deferred column that is not loaded",
    "expired attribute": "an attribute that had expired",
}


class DetachedInstance(Entry):
    """``DetachedInstanceError``; and ``refresh`` of an object that is in no session."""

    kind = "detached instance"
    title = "An attribute that is not loaded is read after the object's session has closed"
    source = "https://docs.sqlalchemy.org/en/20/errors.html#error-bhk3"

    def recognise(self, failure: Failure) -> Explanation | None:
        """Return the explanation if an object without a session was asked to load something."""
        raised = failure.find("DetachedInstanceError")
        found = None if raised is None else _UNBOUND.search(raised.message)
        if raised is not None and found is not None:
            kind = _KINDS[found["kind"]]
            read = read_in_frames(failure) or AttributeRead(kind, None, None, raised.user_frame)
            name = read.attribute or found["attribute"] or with_names(read, failure).attribute
            return self._explained([replace(read, kind=kind, model=read.model or found["model"], attribute=name)])
        reads = reads_in_validation(failure, "DetachedInstanceError")
        if reads:
            return self._explained(alike([self._named(read, failure) for read in reads]))
        raised = failure.find("InvalidRequestError")
        found = None if raised is None else _NOT_IN_SESSION.search(raised.message)
        return None if found is None else self._not_in_session(found["model"], failure)

    def _named(self, read: AttributeRead, failure: Failure) -> AttributeRead:
        found = None if read.instance is not None else _UNBOUND.search(failure.text)
        return read if found is None else replace(read, model=found["model"], kind=_KINDS[found["kind"]])

    def _explained(self, reads: list[AttributeRead]) -> Explanation:
        read = reads[0]
        names = " and ".join(dict.fromkeys(one.name for one in reads))
        if read.kind == "expired attribute":
            cause = cause_of(read)
            remedy = keep_for_later(read, cause)
            because = (
                f"what was loaded of the {read.model} was expired {cause.text}, and there is no session any more "
                "that could load it again"
            )
            where = (*places(read, remedy), *cause.where)
        else:
            remedy = load_with_query(reads)
            how = loading(read) or f"the {read.model} was loaded"
            because = f"{how} without {read.attribute}, and there is no session any more that could load it"
            where = places(read, remedy)
        return Explanation(
            kind=self.kind,
            headline=f"{names}, {_WHAT[read.kind]}, was read after the session of the {read.model} had closed",
            because=because,
            where=where,
            fix=_before_close(read, remedy),
            edits=remedy.edits,
            unknown=(*unknown_names(read), *remedy.unknown),
        )

    def _not_in_session(self, model: str, failure: Failure) -> Explanation:
        frame = failure.user_frame
        return Explanation(
            kind=self.kind,
            headline=f"a {model} that is not in this session was to be refreshed or expired by it",
            because=(
                f"the {model} was loaded by another session, which may have closed, or was added and not flushed yet; "
                "a session refreshes only what it holds itself"
            ),
            where=() if frame is None else (frame.place("used here"),),
            fix=(
                f"get it from this session: await session.get({model}, instance.id)\n"
                "or bring it in with its changes: instance = await session.merge(instance)\n"
                "a new object: await session.flush() before the refresh"
            ),
        )


def _before_close(read: AttributeRead, remedy: Remedy) -> str:
    if read.kind == "expired attribute":
        return remedy.fix
    return f"{remedy.fix}\nor read it while the session is open"
