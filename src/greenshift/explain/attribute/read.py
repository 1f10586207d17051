"""The read of an attribute that could not be loaded, found in a failure's frames."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import inspect
from sqlalchemy.orm import InstanceState, RelationshipProperty

from greenshift.explain.failure import Failure, Frame
from greenshift.trace import LoadedBy
from greenshift.trace.instances import state_source

ReadKind = Literal["lazy relationship", "deferred column", "expired attribute"]

# SQLAlchemy's functions that load an attribute, the innermost of which tells what it was.
_LOADERS: Final[dict[str, ReadKind]] = {
    "_load_expired": "expired attribute",
    "_emit_lazyload": "lazy relationship",
    "_load_scalar_attributes": "deferred column",
    "load_scalar_attributes": "deferred column",
}
# SQLAlchemy's functions that the user's line enters, and the part that the line has then.
_READERS: Final = {"__get__": "read here", "__set__": "set here", "__delete__": "deleted here"}
_ATTRIBUTES_FILE: Final = re.compile(r"sqlalchemy[/\\]orm[/\\]attributes\.py$")
_STRATEGIES_FILE: Final = re.compile(r"sqlalchemy[/\\]orm[/\\]strategies\.py$")


@dataclass(frozen=True)
class AttributeRead:
    """An attribute that was read and could not be loaded.

    Args:
        kind: what it is.
        model: its class's name, or None where it is not known.
        attribute: its name, or None.
        frame: the user's line that read it, or None.
        instance: the object, for a live failure.
        callers: the user's frames from that line outwards.
        role: the part that the line has.
    """

    kind: ReadKind
    model: str | None
    attribute: str | None
    frame: Frame | None
    instance: Any = None
    callers: tuple[Frame, ...] = ()
    role: str = "read here"

    @property
    def name(self) -> str:
        """``Account.owner``, or as much of it as is known."""
        if self.attribute is None:
            return f"an attribute of {self.model}" if self.model else "an attribute"
        return f"{self.model}.{self.attribute}" if self.model else f".{self.attribute}"

    @property
    def state(self) -> InstanceState[Any] | None:
        """SQLAlchemy's state of the object, for a live failure."""
        state = None if self.instance is None else inspect(self.instance, raiseerr=False)
        return state if isinstance(state, InstanceState) else None

    @property
    def source(self) -> LoadedBy | None:
        """The SELECT that loaded the object, where it was watched."""
        state = self.state
        return None if state is None else state_source(state)

    @property
    def relationship(self) -> RelationshipProperty[Any] | None:
        """The attribute's mapping, if it is known to be a relationship."""
        state = self.state
        return None if state is None else state.mapper.relationships.get(self.attribute or "")

    @property
    def is_relationship(self) -> bool:
        """Whether the attribute is known to be a relationship."""
        return self.relationship is not None

    @property
    def is_created(self) -> bool:
        """Whether the program made the object and added it to the session, rather than load it."""
        state = self.state
        return state is not None and state.insert_order is not None


def read_in_frames(failure: Failure) -> AttributeRead | None:
    """Return the read that SQLAlchemy's frames show, or None.

    Args:
        failure: what happened, live or printed.
    """
    for raised in failure.chain:
        frames = raised.frames
        for number in range(len(frames) - 1, -1, -1):
            frame = frames[number]
            if frame.function in _READERS and _ATTRIBUTES_FILE.search(frame.file):
                found = _read(frames, number)
                if found is not None:
                    return found
    return None


def _read(frames: tuple[Frame, ...], number: int) -> AttributeRead | None:
    callers = tuple(one for one in reversed(frames[:number]) if one.user)
    reader = callers[0] if callers else None
    role = _READERS[frames[number].function]
    variables = frames[number].locals
    instance = None if variables is None else variables.get("instance")
    state = None if instance is None else inspect(instance, raiseerr=False)
    kind = _kind_of_frames(frames[number:])
    if variables is None or not isinstance(state, InstanceState):
        return None if kind is None else AttributeRead(kind, None, None, reader, None, callers, role)
    attribute = str(getattr(variables.get("self"), "key", ""))
    kind = kind or kind_of_state(state, attribute)
    if kind == "expired attribute" and is_of_subclass(state, attribute):
        kind = "deferred column"
    return AttributeRead(kind, type(instance).__name__, attribute or None, reader, instance, callers, role)


def _kind_of_frames(frames: tuple[Frame, ...]) -> ReadKind | None:
    kind = next((_LOADERS[one.function] for one in reversed(frames) if one.function in _LOADERS), None)
    if kind == "deferred column":
        # The same function loads expired attributes; their own loader stands around it.
        return "expired attribute" if any(one.function == "_load_expired" for one in frames) else kind
    if kind is None and any(one.function == "_load_for_state" and _STRATEGIES_FILE.search(one.file) for one in frames):
        return "lazy relationship"
    return kind


def kind_of_state(state: InstanceState[Any], attribute: str) -> ReadKind:
    """Return why an attribute of an object is not loaded.

    Args:
        state: the object's state.
        attribute: the attribute's name.
    """
    if attribute in state.mapper.relationships:
        keys = {state.mapper.get_property_by_column(one).key for one in _local_columns(state, attribute)}
        return "expired attribute" if keys & state.expired_attributes else "lazy relationship"
    is_expired = attribute in state.expired_attributes and not is_of_subclass(state, attribute)
    return "expired attribute" if is_expired else "deferred column"


def is_of_subclass(state: InstanceState[Any], attribute: str) -> bool:
    """Return whether a SELECT of the base class left a column out, because the subclass's own table has it.

    SQLAlchemy marks such a column expired, as it marks one that the database computes.

    Args:
        state: the object's state.
        attribute: the attribute's name.
    """
    found = state.mapper.column_attrs.get(attribute)
    base = state.mapper.inherits
    if found is None or base is None or state.expired or base.has_property(attribute):
        return False
    column = found.columns[0]
    defaults = (getattr(column, name, None) for name in ("server_default", "server_onupdate", "onupdate"))
    return attribute in state.expired_attributes and all(one is None for one in defaults)


def _local_columns(state: InstanceState[Any], attribute: str) -> list[Any]:
    columns = set(state.mapper.columns)
    return [one for one in state.mapper.relationships[attribute].local_columns if one in columns]
