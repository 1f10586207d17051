"""Attributes that were loaded once and forgotten: by a commit, a rollback, or because the database computes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from greenshift.explain.attribute.read import AttributeRead
from greenshift.explain.attribute.remedy import Remedy
from greenshift.explain.attribute.variables import is_session_of, refresh_before
from greenshift.explain.editing.refreshing import find_expiries
from greenshift.explain.editing.session_factory import OPTION, keep_after_commit
from greenshift.explain.editing.source import source_behind
from greenshift.explain.explanation import Place

_KEEP: Final = f"give the session's factory {OPTION}: async_sessionmaker(engine, {OPTION})"
_KEEP_SYNC: Final = f"give the session's factory {OPTION}: sessionmaker(engine, {OPTION})"


@dataclass(frozen=True)
class Cause:
    """How an attribute expired.

    Args:
        by: ``commit``, ``rollback``, ``expire``, ``expire_all``, ``flush``; or None where only the object tells.
        text: the same as the end of a sentence, ``by the commit``.
        where: the line, where the source shows it.
    """

    by: str | None
    text: str
    where: tuple[Place, ...] = ()


def cause_of(read: AttributeRead) -> Cause:
    """Return how the attribute expired, as far as the object and the source show it.

    Args:
        read: the failed read.
    """
    state = read.state
    if state is not None and not state.expired and read.attribute in state.expired_attributes:
        return Cause("flush", "by the flush: the database computed its value, and it was not fetched")
    for number, frame in enumerate(read.callers):
        source = source_behind(frame.file, frame.line, frame.code)
        for found in [] if source is None else find_expiries(source, frame.line):
            of_session = None if found.session is None else is_session_of(frame, found.session, read)
            if of_session is False or (of_session is None and number > 0):
                continue
            if source is None or (found.by == "commit" and _keeps(read)):
                continue
            place = Place(frame.file, found.line, "expired here", frame.function, source.lines[found.line - 1].strip())
            what = f"{found.by}()" if found.by.startswith("expire") else found.by
            likely = "by" if of_session else "most likely by"
            return Cause(found.by, f"{likely} the {what} at line {found.line}", (place,))
    if _keeps(read):
        return Cause("rollback", "by a rollback (expire_on_commit is off), or by expire()")
    if state is None:
        return Cause(None, "by a commit or a rollback, or by a flush after which the database computes it")
    return Cause(None, "by a commit or a rollback")


def _keeps(read: AttributeRead) -> bool:
    """Return whether the object's session is known to keep objects loaded over commits."""
    session = None if read.state is None else read.state.session
    return session is not None and not session.expire_on_commit


def keep_or_refresh(read: AttributeRead, cause: Cause) -> Remedy:
    """Return what has an expired attribute at hand: objects kept over commits, or a refresh.

    Args:
        read: the failed read, of an object in an asyncio session.
        cause: how it expired.
    """
    if read.state is None:
        refresh = "before the read: await session.refresh(instance)"
        fix = f"{_KEEP}\nor, {refresh}" if cause.by in {None, "commit"} else refresh
        unknown = ("what expired the object: a printed traceback does not say",) if not cause.where else ()
        return Remedy(fix, unknown=unknown)
    named = [read.attribute] if read.attribute is not None and (cause.by == "flush" or read.is_relationship) else []
    text, edit = refresh_before(read, named)
    refresh = f"before the read: {text}"
    if cause.by == "flush":
        eager = f'or have each flush fetch it: __mapper_args__ = {{"eager_defaults": True}} in {read.model}'
        return Remedy(f"{refresh}\n{eager}", edits=() if edit is None else (edit,))
    if cause.by in {None, "commit"}:
        kept = keep_after_commit([frame.file for frame in read.callers])
        edits = tuple(one for one in (kept or edit,) if one is not None)
        return Remedy(f"{_KEEP}\nor, {refresh}", edits=edits)
    return Remedy(refresh, edits=() if edit is None else (edit,))


def keep_for_later(read: AttributeRead, cause: Cause) -> Remedy:
    """Return what has an expired attribute at hand after its session has closed.

    Args:
        read: the failed read, of a detached object.
        cause: how it expired.
    """
    advice = f"{_KEEP_SYNC}\nor read what is needed, or refresh the object, before the session closes"
    if read.state is None or cause.by not in {None, "commit"}:
        return Remedy(advice)
    kept = keep_after_commit([frame.file for frame in read.callers], asynchronous=None)
    return Remedy(advice, edits=() if kept is None else (kept,))
