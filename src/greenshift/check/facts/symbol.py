"""A name of a library or of the program, as a value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Symbol:
    """A class or function that a value refers to, such as ``poolclass=NullPool``.

    Attributes:
        name: dotted, as imported: ``sqlalchemy.pool.NullPool``.
    """

    name: str

    @property
    def last(self) -> str:
        """The last part of the name: ``NullPool``."""
        return self.name.rpartition(".")[2]

    def __str__(self) -> str:
        return self.last
