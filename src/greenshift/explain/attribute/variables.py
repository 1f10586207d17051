"""What the user's code calls an object and its session, in a coroutine where both are at hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from greenshift.explain.attribute.read import AttributeRead
from greenshift.explain.editing.refreshing import insert_refresh, refresh_text
from greenshift.explain.editing.source import source_behind
from greenshift.explain.explanation import Edit
from greenshift.explain.failure import Frame


def refresh_before(read: AttributeRead, attributes: Sequence[str], *, once: bool = False) -> tuple[str, Edit | None]:
    """Return the refresh that loads attributes before they are read, and its edit where one is certain.

    Args:
        read: the failed read.
        attributes: the attributes to name; none for all columns.
        once: whether one refresh before a loop is enough.
    """
    for frame in read.callers:
        instance, session = instance_name(frame, read.instance), session_name(frame, read)
        if instance is None or session is None or frame.function.startswith("<"):
            continue
        text = refresh_text(session, instance, attributes)
        source = source_behind(frame.file, frame.line, frame.code)
        edit = None if source is None else insert_refresh(source, frame.line, text, instance if once else None)
        if edit is not None:
            return text, edit
    frame_names = [name for frame in read.callers[:1] if (name := instance_name(frame, read.instance)) is not None]
    named = frame_names[0] if frame_names else (read.model or "instance").lower()
    return refresh_text("session", named, attributes), None


def instance_name(frame: Frame, instance: object) -> str | None:
    """Return the variable of a frame that holds an object, or None."""
    variables = frame.locals or {}
    names = [name for name, value in variables.items() if value is instance and name.isidentifier()]
    return next((name for name in names if name != "self"), names[0] if names else None)


def is_session_of(frame: Frame, name: str, read: AttributeRead) -> bool | None:
    """Return whether a name of a frame is the session of the object that was read; None where that is not known.

    Args:
        frame: a frame of the user's.
        name: ``session`` or ``self.session``.
        read: the failed read.
    """
    state = read.state
    if frame.locals is None or state is None or state.session is None:
        return None
    first, *rest = name.split(".")
    value = frame.locals.get(first)
    for one in rest:
        value = _own(value).get(one)
    return value is not None and (value is state.session or value is state.async_session)


def session_name(frame: Frame, read: AttributeRead) -> str | None:
    """Return how a frame calls the asyncio session of the object that was read, or None."""
    state = read.state
    session = None if state is None else state.async_session
    if session is None:
        return None
    variables = frame.locals or {}
    for name, value in variables.items():
        if value is session and name.isidentifier():
            return name
    owner = variables.get("self")
    for name, value in _own(owner).items():
        if isinstance(value, AsyncSession) and value is session:
            return f"self.{name}"
    return None


def _own(value: object) -> dict[str, Any]:
    """Return an object's own attributes; proxies and the like have none."""
    try:
        found = object.__getattribute__(value, "__dict__")
    except Exception:
        return {}
    return found if isinstance(found, dict) else {}
