"""Statements that the unit of work sends: the line that flushed, whether it meant to, and which model was written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Mapper

from greenshift.explain.catalogue.server_error import ServerError
from greenshift.explain.explanation import Place
from greenshift.explain.failure import Failure, Frame

_PERSISTENCE: Final = ("orm/persistence.py", "orm\\persistence.py")
_SESSION: Final = ("orm/session.py", "orm\\session.py")
_AUTOFLUSH: Final = "invoked autoflush"


@dataclass(frozen=True)
class Sent:
    """How a statement came to be sent.

    Args:
        flushed: whether the unit of work sent it.
        autoflush: whether it did so of itself, before a query.
        mapper: what it was writing; None where no variables are at hand.
        places: the user's line, in the role of the flush or of the execution.
    """

    flushed: bool
    autoflush: bool
    mapper: Mapper[object] | None
    places: tuple[Place, ...]

    def model(self, table: str | None) -> str | None:
        """Return the name of the class mapped to a table, if it is the one being written."""
        if self.mapper is None or table is None:
            return None
        return self.mapper.class_.__name__ if self.mapper.local_table.name == table else None  # type: ignore[attr-defined]

    def attribute(self, table: str | None, column: str) -> str:
        """Return ``Owner.email`` where the model is known, else ``owner.email``.

        Args:
            table: the table's name.
            column: the column's.
        """
        model = self.model(table)
        if model is not None and self.mapper is not None and column in self.mapper.local_table.c:
            return f"{model}.{self.mapper.get_property_by_column(self.mapper.local_table.c[column]).key}"
        return column if table is None else f"{table}.{column}"


def sent(failure: Failure, error: ServerError) -> Sent:
    """Return how the statement of an error came to be sent.

    Args:
        failure: what happened.
        error: the server's error in it.
    """
    frames = error.raised.frames
    flushed = any(frame.file.endswith(_PERSISTENCE) for frame in frames)
    autoflush = flushed and (
        any(_AUTOFLUSH in raised.message for raised in failure.chain)
        or any(frame.function == "_autoflush" and frame.file.endswith(_SESSION) for frame in frames)
    )
    frame = error.user_frame
    role = "flushed here" if flushed else "executed here"
    return Sent(flushed, autoflush, _mapper(frames), () if frame is None else (frame.place(role),))


def _mapper(frames: tuple[Frame, ...]) -> Mapper[object] | None:
    for frame in reversed(frames):
        if frame.file.endswith(_PERSISTENCE) and frame.locals is not None:
            mapper = frame.locals.get("mapper") or frame.locals.get("base_mapper")
            if isinstance(mapper, Mapper):
                return mapper
    return None
