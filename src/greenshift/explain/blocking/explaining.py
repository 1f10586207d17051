"""The explanations of blocking calls."""

from __future__ import annotations

import linecache
from types import FrameType
from typing import Final

from greenshift import trace
from greenshift.explain.blocking.advice import replacement
from greenshift.explain.blocking.stack import LoopWork
from greenshift.explain.explanation import Edit, Explanation, Place

BLOCKING_CALL: Final = "blocking call in the event loop"
SYNC_ENGINE: Final = "sync engine in a running loop"

CONSEQUENCE: Final = "the event loop runs nothing else: no other request is answered, no timeout fires"
_SQL_LIMIT: Final = 80


def place(frame: FrameType, role: str) -> Place:
    """Return a frame as a place of an explanation.

    Args:
        frame: a frame of the user's code.
        role: the part that the line has.
    """
    code = frame.f_code
    text = linecache.getline(code.co_filename, frame.f_lineno, frame.f_globals).strip()
    return Place(code.co_filename, frame.f_lineno, role, code.co_name, text or None)


def _places(work: LoopWork) -> tuple[Place, ...]:
    places = [place(work.called, "called here")]
    if work.within is not None and work.within is not work.called:
        places.append(place(work.within, "in the event loop here"))
    return tuple(places)


def _through_a_thread(work: LoopWork) -> str:
    """Return how the user's own function is put into a thread."""
    if work.within is None or work.within is work.called:
        return "or run it in a thread: `await asyncio.to_thread(...)` (Starlette: `run_in_threadpool`)"
    name, caller = work.called.f_code.co_name, work.within.f_code.co_name
    return f"or run `{name}` in a thread where `{caller}` calls it: `await asyncio.to_thread({name}, ...)`"


def blocking_call(function: str, work: LoopWork) -> Explanation:
    """Explain a call that blocks.

    Args:
        function: the function that blocks, such as ``time.sleep``.
        work: where it stands.
    """
    module = "" if work.through is None else str(work.through.f_globals.get("__name__", ""))
    name = function if work.through is None else f"{module}.{work.through.f_code.co_qualname}"
    inside = "" if name == function else f" in `{function}`"
    instead = replacement(function, [module] if module else [])
    thread = _through_a_thread(work)
    return Explanation(
        kind=BLOCKING_CALL,
        headline=f"`{name}` blocks the event loop, called in `{work.called.f_code.co_name}`",
        because=f"`{name}` waits{inside} without giving way to other tasks. Until it returns, {CONSEQUENCE}.",
        where=_places(work),
        fix=thread.removeprefix("or ") if instead is None else f"{instead}\n{thread}",
        edits=_edits(function, work),
    )


def _edits(function: str, work: LoopWork) -> tuple[Edit, ...]:
    if function != "time.sleep" or work.through is not None:
        return ()
    # LibCST, which an application that does not block need not load.
    from greenshift.explain.editing.sleeping import sleep_edits

    return sleep_edits(work.called.f_code.co_filename, work.called.f_lineno)


def sync_statement(statement: trace.Statement, work: LoopWork) -> Explanation:
    """Explain a statement that a sync engine ran in the loop's own thread.

    Args:
        statement: the statement.
        work: where it stands.
    """
    sql = " ".join(statement.sql.split())
    short = sql if len(sql) <= _SQL_LIMIT else f"{sql[:_SQL_LIMIT]}..."
    return Explanation(
        kind=SYNC_ENGINE,
        headline=f"a sync engine ran a statement inside the event loop, in `{work.called.f_code.co_name}`",
        because=f"It was made with `create_engine` and waits for PostgreSQL in the loop's own thread (`{short}`). "
        f"Until the answer is there, {CONSEQUENCE}.",
        where=_places(work),
        fix=sync_engine_fix(None if work.within is None else work.within.f_code.co_name),
    )


def sync_engine_fix(function: str | None) -> str:
    """Return what to do about a sync engine in the loop.

    Args:
        function: the ``async`` function in which it is used, or None.
    """
    route = f"`{function}`" if function else "the function"
    return (
        "make the engine with `create_async_engine(...)`, use `AsyncSession`, and await its methods\n"
        f"or keep the sync session out of the loop: a FastAPI route {route} declared with `def` runs in a thread; "
        "elsewhere `await asyncio.to_thread(function, ...)`"
    )
