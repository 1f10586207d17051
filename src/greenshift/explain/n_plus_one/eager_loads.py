"""Eager loads that nobody used: advice, never an error."""

from __future__ import annotations

from greenshift.explain.explanation import Explanation
from greenshift.explain.n_plus_one.exclusions import Exclusions


class EagerLoads:
    """Watches which relationships are loaded eagerly, and which of them are read."""

    def __init__(self, exclusions: Exclusions) -> None:
        self._exclusions = exclusions

    def start(self) -> None:
        """Begin to watch."""

    def close(self) -> None:
        """Stop watching."""

    def advice(self) -> list[Explanation]:
        """Return what was loaded in vain."""
        return []
