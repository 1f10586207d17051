"""What one URL answered, at one moment."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from greenshift.observe.snapshot import Snapshot
from greenshift.observe.top.database.state import DatabaseState


@dataclass(frozen=True, slots=True)
class ProcessReading:
    """One process of an application.

    Attributes:
        snapshot: the last that it gave.
        previous: the one before, from which rates follow; None for the first.
    """

    snapshot: Snapshot
    previous: Snapshot | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What one URL answered.

    Attributes:
        url: without credentials.
        at: when, in seconds since 1970.
        processes: of an application, those that answered lately.
        database: of a PostgreSQL.
        problem: one line on why there is no answer, or None.
        fix: what can be done about that.
        failing_since: when the first of the failed attempts was, in seconds since 1970; None without a problem.
    """

    url: str
    at: float
    processes: tuple[ProcessReading, ...] = ()
    database: DatabaseState | None = None
    problem: str | None = None
    fix: str | None = None
    failing_since: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        said: dict[str, Any] = {"url": self.url, "at": self.at}
        if self.problem is not None:
            return {**said, "error": {"problem": self.problem, "fix": self.fix, "since": self.failing_since}}
        if self.database is not None:
            return {**said, "database": asdict(self.database)}
        return {**said, "processes": [process.snapshot.as_dict() for process in self.processes]}
