"""Positions in the primary's write-ahead log (LSN), and the one behind a user's last write."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Position:
    """A place in the primary's write-ahead log: a replica that has replayed up to it shows all that was written before.

    Args:
        value: the number of bytes before it.
    """

    value: int

    @classmethod
    def parse(cls, text: str) -> Position:
        """Read what PostgreSQL writes, such as ``16/B374D848``.

        Raises:
            ValueError: it is not a position.
        """
        found = re.fullmatch(r"([0-9A-Fa-f]{1,8})/([0-9A-Fa-f]{1,8})", text)
        if found is None:
            raise ValueError(f"{text!r} is not a position in a write-ahead log")
        return cls(int(found[1], 16) << 32 | int(found[2], 16))

    def __str__(self) -> str:
        return f"{self.value >> 32:X}/{self.value & 0xFFFFFFFF:X}"


# Of a write whose position could not be asked for: no replica ever gets there, so reads stay with the primary.
UNKNOWN = Position(2**64 - 1)


@dataclass
class LastWrite:
    """Up to where a replica must have replayed to show a user what he wrote; shared by the sessions of a request.

    Args:
        position: None where he has not written, so that any replica will do.
    """

    position: Position | None = None

    def move_to(self, position: Position) -> None:
        """Note a further write; positions only grow."""
        if self.position is None or position > self.position:
            self.position = position
