"""Where an argument is written in a call."""

from __future__ import annotations

from dataclasses import dataclass

from greenshift.report.findings import Edit, Place


@dataclass(frozen=True, slots=True)
class WrittenArgument:
    """One argument as it is written in a call itself (not in a dict that is splatted into it).

    Attributes:
        place: ``name=value``, or the value alone where it is given by position.
        value: the value.
        removal: what to delete so that the call no longer has it: its comma and the space around it included.
    """

    place: Place
    value: Place
    removal: Place

    def removed(self) -> Edit:
        """Return the edit that takes the argument away."""
        return Edit(self.removal, "")

    def replaced(self, value: str) -> Edit:
        """Return the edit that gives it another value.

        Args:
            value: the value's source text.
        """
        return Edit(self.value, value)
