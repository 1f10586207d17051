"""An object put into a session while it belongs to another."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstanceState, Session

from greenshift import trace
from greenshift.explain.catalogue.entry import Entry
from greenshift.explain.editing.merging import merge_instead_of_add
from greenshift.explain.explanation import Edit, Explanation
from greenshift.explain.failure import Failure, Frame, Raised
from greenshift.explain.sites import place_of

_MESSAGE: Final = re.compile(r"Object '<(?P<model>\w+) at 0x[0-9a-fA-F]+>' is already attached to session '\d+'")


class AttachedElsewhere(Entry):
    """An object of one session given to another."""

    kind = "object already attached"
    title = "An object is added to a session while it still belongs to another"
    source = "https://docs.sqlalchemy.org/en/20/orm/session_state_management.html#merging"

    def recognise(self, failure: Failure) -> Explanation | None:
        raised = failure.find("InvalidRequestError", containing="is already attached to session")
        found = None if raised is None else _MESSAGE.search(raised.message)
        if raised is None or found is None:
            return None
        model, frame = found["model"], raised.user_frame
        state, session = _attached(raised)
        variables = {} if frame is None or frame.locals is None else frame.locals
        name = _name_of(variables, None if state is None else state.obj())
        new, old = _session_name(variables, session), _session_name(variables, None if state is None else state.session)
        places = [] if frame is None else [frame.place("attached here")]
        loaded = None if state is None else trace.instances.state_source(state)
        if loaded is not None and loaded.call_site is not None:
            places.append(place_of(loaded.call_site, "loaded here"))
        receiver = new or "session"
        is_async = new is not None and isinstance(variables.get(new), AsyncSession)
        call = f"{'await ' if is_async or state is None else ''}{receiver}.merge({name or 'object'})"
        unknown = ["whether the object was added itself, or came along with another through a relationship"]
        return Explanation(
            self.kind,
            f"the {model}{f' in {name!r}' if name else ''} belongs to another session{f', {old!r}' if old else ''}",
            "an object belongs to the session that loaded or added it, until that session is closed or expunges it; "
            "`add` does not move it, and neither does a relationship that it comes along with.",
            tuple(places),
            f"do the work in one session: pass {old or 'the first one'} on instead of opening another;\n"
            f"or work on a copy that belongs to the other session: `{name or 'object'} = {call}`",
            () if frame is None or name is None or new is None else _edits(frame, new, name, is_async),
            tuple(unknown) if state is None else (),
        )


def _attached(raised: Raised) -> tuple[InstanceState[Any] | None, Session | None]:
    """Return the object's state and the session that it was given to, from the frame that raised."""
    variables = raised.frames[-1].locals if raised.frames else None
    if variables is None:
        return None, None
    state, session = variables.get("state"), variables.get("self")
    return (
        state if isinstance(state, InstanceState) else None,
        session if isinstance(session, Session) else None,
    )


def _name_of(variables: Mapping[str, Any], instance: object) -> str | None:
    if instance is None:
        return None
    return next((name for name, value in variables.items() if value is instance), None)


def _session_name(variables: Mapping[str, Any], session: Session | None) -> str | None:
    if session is None:
        return None
    for name, value in variables.items():
        if value is session or (isinstance(value, AsyncSession) and value.sync_session is session):
            return name
    return None


def _edits(frame: Frame, session: str, name: str, is_async: bool) -> tuple[Edit, ...]:
    return merge_instead_of_add(frame.file, frame.line, session, name, is_async=is_async)
