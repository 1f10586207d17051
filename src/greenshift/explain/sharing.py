"""Who else uses the session on which something failed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from types import FrameType
from typing import Any, Final, NamedTuple

import sqlalchemy.ext.asyncio.session
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from greenshift.explain.explanation import Place
from greenshift.explain.failure import Failure
from greenshift.explain.libraries import is_of
from greenshift.explain.sites import place_of
from greenshift.trace import CallSite, is_user_file, last_statements_of

_SESSION_FILE: Final = sqlalchemy.ext.asyncio.session.__file__


class Use(NamedTuple):
    """A use of the session besides the one that failed.

    Attributes:
        place: the line.
        task: the name of the task.
        sql: the statement, where it is known.
    """

    place: Place | None
    task: str | None
    sql: str | None


def other_uses(failure: Failure) -> list[Use]:
    """Return what else used the session of a live failure: the tasks that wait for it now, or else its last statement.

    Args:
        failure: what happened; explained where it is caught, in the loop, it tells the most.
    """
    session = _session_of(failure)
    if session is None:
        return []
    waiting = list(_waiting(session))
    if waiting:
        return waiting
    return [
        Use(None if one.call_site is None else place_of(one.call_site, "its last statement"), one.task_name, one.sql)
        for one in last_statements_of(session)
    ]


def _session_of(failure: Failure) -> Session | None:
    for frame in reversed(failure.frames):
        if frame.locals is not None and is_of(frame, "sqlalchemy/orm/session.py"):
            for name in ("self", "session"):
                value = frame.locals.get(name)
                if isinstance(value, Session):
                    return value
    return None


def _waiting(session: Session) -> Iterator[Use]:
    """Give the tasks of the running loop that are in the middle of a call of the session."""
    try:
        tasks, current = asyncio.all_tasks(), asyncio.current_task()
    except RuntimeError:  # no loop is running here
        return
    for task in tasks:
        if task is current:
            continue
        user: FrameType | None = None
        for frame in _frames(task):
            if is_user_file(frame.f_code.co_filename):
                user = frame
            elif user is not None and frame.f_code.co_filename == _SESSION_FILE:
                owner = frame.f_locals.get("self")
                if type(owner) is AsyncSession and owner.sync_session is session:
                    site = CallSite.at(user.f_code, user.f_lasti)
                    yield Use(place_of(site, "in use here"), task.get_name(), None)
                    break


def _frames(task: asyncio.Task[Any]) -> Iterator[FrameType]:
    """Give the frames of a waiting task, the outermost first."""
    waiting: Any = task.get_coro()
    while waiting is not None:
        frame = getattr(waiting, "cr_frame", None)
        if frame is not None:
            yield frame
        waiting = getattr(waiting, "cr_await", None)
