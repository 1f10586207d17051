"""Where comparisons put what they find."""

from __future__ import annotations

from collections import Counter
from typing import Final

from greenshift.shift.verify.transcript.records import Entry
from greenshift.shift.verify.verdict import Difference, DifferenceKind, Sighting

# The names of differences that mean the same.
EAGER: Final = "eager loading in place of lazy loading"
EAGER_ADDED: Final = "eager loading of what the test did not read"
KEPT: Final = "kept after commit in place of loading again"
REFRESHED: Final = "refresh in place of reloading"
AGAIN: Final = "loaded by its key in place of found in the session"
AHEAD: Final = "loaded by the tests ahead of reading"


class Found:
    """Differences, and differences that mean the same.

    Args:
        test: the test that they are about.
    """

    def __init__(self, test: str) -> None:
        self.test = test
        # Models of which a deferred column was loaded before, and those whose SELECTs load it at once after.
        self.deferred: set[str] = set()
        self.widened: set[str] = set()
        self.differences: list[Difference] = []
        self.recognised: Counter[str] = Counter()

    def differs(self, kind: DifferenceKind, message: str, before: Entry | None, after: Entry | None) -> None:
        """Note a difference between two entries."""
        self.differences.append(Difference(kind, self.test, message, seen(before), seen(after)))


def seen(entry: Entry | None) -> Sighting | None:
    """Return what a report shows of an entry."""
    if entry is None:
        return None
    text = " ".join(entry.sql.split())
    if entry.error is not None:
        text += f"  -- {entry.error}"
    return Sighting(text if len(text) <= 600 else text[:597] + "...", entry.at)
