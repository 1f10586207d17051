"""What to do about attributes that could not be loaded, as places, text and edits."""

from __future__ import annotations

from dataclasses import dataclass

from greenshift.explain.explanation import Edit, Place


@dataclass(frozen=True)
class Remedy:
    """A part of an explanation.

    Args:
        fix: what to do.
        where: lines that it names.
        edits: the same for a machine.
        unknown: what could not be known.
    """

    fix: str
    where: tuple[Place, ...] = ()
    edits: tuple[Edit, ...] = ()
    unknown: tuple[str, ...] = ()
