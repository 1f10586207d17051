"""Attributes that were loaded once and forgotten: by a commit, a rollback, or because the database computes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from greenshift.explain.attribute.read import AttributeRead
from greenshift.explain.attribute.remedy import Remedy
from greenshift.explain.attribute.variables import refresh_before
from greenshift.explain.editing.refreshing import Expiry, find_expiry
from greenshift.explain.editing.session_factory import OPTION, keep_after_commit
from greenshift.explain.editing.source import read_source
from greenshift.explain.explanation import Place
from greenshift.explain.failure import Frame

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
    found, frame = _expiry(read)
    if found is not None and frame is not None:
        source = read_source(frame.file)
        code = None if source is None else source.lines[found.line - 1].strip()
        place = Place(frame.file, found.line, "expired here", frame.function, code)
        what = f"{found.by}()" if found.by.startswith("expire") else found.by
        return Cause(found.by, f"by the {what} at line {found.line}", (place,))
    session = None if state is None else state.session
    if session is not None and not session.expire_on_commit:
        return Cause("rollback", "by a rollback (expire_on_commit is off), or by expire()")
    return Cause(None, "by a commit or a rollback")


def _expiry(read: AttributeRead) -> tuple[Expiry | None, Frame | None]:
    state = read.state
    session = None if state is None else state.session
    for frame in read.callers:
        source = read_source(frame.file)
        found = None if source is None else find_expiry(source, frame.line)
        if found is not None and not (found.by == "commit" and session is not None and not session.expire_on_commit):
            return found, frame
    return None, None


def keep_or_refresh(read: AttributeRead, cause: Cause) -> Remedy:
    """Return what has an expired attribute at hand: objects kept over commits, or a refresh.

    Args:
        read: the failed read, of an object in an asyncio session.
        cause: how it expired.
    """
    if read.state is None:
        fix = f"{_KEEP}\nor, before the read: await session.refresh(instance)"
        return Remedy(fix, unknown=("what expired the object: a printed traceback does not say",))
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
