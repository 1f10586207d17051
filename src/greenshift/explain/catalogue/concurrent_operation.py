"""One session, or one connection, used by two tasks at a time."""

from __future__ import annotations

import re
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, async_scoped_session
from sqlalchemy.orm import Session

from greenshift.explain.catalogue.entry import Entry
from greenshift.explain.explanation import Explanation, Place
from greenshift.explain.facts import StatementFact
from greenshift.explain.failure import Failure, Frame
from greenshift.explain.libraries import passes_through
from greenshift.explain.sharing import Use, other_uses
from greenshift.explain.sites import place_of

_DRIVER: Final = "another operation is in progress"
_PROVISIONING: Final = "concurrent operations are not permitted"
_STATE: Final = re.compile(r"Method '(?P<method>\w+)\(\)' can't be called here; method '(?P<other>\w+)\(\)' is already")
_STARTS_TASKS: Final = re.compile(
    r"\b(gather|create_task|ensure_future|TaskGroup|create_task_group|start_soon|as_completed|wait)\s*\("
)
_SHARED: Final = {
    AsyncSession: "session",
    async_scoped_session: "session",
    AsyncConnection: "connection",
    Session: "session",
}


class ConcurrentOperation(Entry):
    """The driver's, or the session's, refusal of a second task."""

    kind = "another operation in progress"
    title = "One session, or one connection, is used by two tasks (or threads) at a time"
    source = "https://docs.sqlalchemy.org/en/20/errors.html#error-isce"

    def recognise(self, failure: Failure) -> Explanation | None:
        """Return the explanation if two tasks used one session or connection."""
        state = failure.find("IllegalStateChangeError", containing="is already in progress")
        provisioning = failure.find("InvalidRequestError", containing=_PROVISIONING)
        driver = failure.find("InterfaceError", containing=_DRIVER)
        raised = provisioning or driver or state
        if raised is None:
            return None
        name, what = _shared(failure)
        if driver is None:
            what = "session"
        # A sync session says the same of two threads.
        flow = "task" if driver is not None or passes_through(failure, "sqlalchemy/ext/asyncio") else "thread"
        method = None if state is None else _STATE.search(state.message)
        if provisioning is not None:
            seen = f"While one {flow} was waiting for the session's connection, another used the session."
        elif driver is not None:
            seen = "The driver can run one operation at a time on a connection, and was asked for a second one."
        else:
            doing = f"{method['other']}()" if method else "another operation"
            asked = f"{method['method']}()" if method else "a second one"
            seen = f"The session was in the middle of {doing} for one {flow} when {asked} was called."
        other = _other_statement(failure)
        uses = [] if other is not None else other_uses(failure)
        places = _places(failure, other, uses)
        if other is not None:
            seen += f" Task {other.task!r} is running {_short(other.sql)}."
        for use in uses:
            if use.sql is None:
                seen += f" Task {use.task!r} is using it."
            else:
                whose = f", of task {use.task!r}," if use.task else ""
                seen += f" The last statement on it{whose} was {_short(use.sql)}."
        known = other is not None or any(place.role != "used here" for place in places)
        unknown = [] if known else [f"the line of the other {flow}: SQLAlchemy does not tell it"]
        if driver is not None and failure.facts is None and passes_through(failure, "asyncpg"):
            unknown.append("whether the connection belongs to another event loop: its second error reads the same")
        return Explanation(
            self.kind,
            f"the {what}{f' {name!r}' if name else ''} was used by two {flow}s at the same time",
            f"{seen} {'An AsyncSession' if flow == 'task' else 'A Session'} is for one {flow} at a time"
            f"{', and so is an AsyncConnection' if flow == 'task' else ''}.",
            places,
            _fix(name or f"the {what}", flow),
            unknown=tuple(unknown),
        )


def _fix(name: str, flow: str) -> str:
    if flow == "thread":
        return (
            "give each thread a session of its own: `with Session(engine) as session:` in the function that the\n"
            "thread runs, or a scoped_session, which keeps one for each thread. Instances stay with their session."
        )
    return (
        "give each task a session of its own:\n"
        "async def work(...):\n"
        "    async with session_factory() as session: ...\n"
        "await asyncio.gather(work(1), work(2))\n"
        f"or await the operations on {name} one after another. Start tasks in a TaskGroup rather\n"
        "than by gather: it waits for the other tasks before the session's block ends."
    )


def _shared(failure: Failure) -> tuple[str | None, str]:
    """Return the user's name for what is shared, and what it is."""
    for frame in reversed(failure.frames):
        if frame.user and frame.locals is not None:
            for name, value in frame.locals.items():
                if type(value) in _SHARED and name in frame.code:
                    return name, _SHARED[type(value)]
    return None, "session or connection"


def _other_statement(failure: Failure) -> StatementFact | None:
    facts = failure.facts
    last = None if facts is None or facts.failing is None else facts.failing.last_statement
    return last if last is not None and facts is not None and last.running and last.task != facts.task else None


def _places(failure: Failure, other: StatementFact | None, uses: list[Use]) -> tuple[Place, ...]:
    used: Frame | None = None
    for raised in reversed(failure.chain):
        # What came first is the cause; what happened while leaving the block is not.
        used = raised.user_frame or used
        if used is not None:
            break
    places = [] if used is None else [used.place("used here")]
    if other is not None and other.call_site is not None:
        places.append(place_of(other.call_site, "in use here"))
    seen = {(place.file, place.line) for place in places}
    places += [use.place for use in uses if use.place is not None and (use.place.file, use.place.line) not in seen]
    tasks = next((frame for frame in failure.frames if frame.user and _STARTS_TASKS.search(frame.code)), None)
    if tasks is not None:
        places.append(tasks.place("tasks started here"))
    return tuple(dict.fromkeys(places))


def _short(sql: str) -> str:
    text = " ".join(sql.split())
    return text if len(text) <= 70 else f"{text[:67]}..."
