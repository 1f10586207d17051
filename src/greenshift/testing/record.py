"""What the plugin knows of one test: how it is isolated, what it sent, how it went."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from greenshift.testing.queries import QueryLog
from greenshift.testing.work import WorkBaseline


@dataclass
class TestRecord:
    """One test, from its set-up to the rewind after it.

    Args:
        name: pytest's node id.
        isolation: the mode in force for it.
        explicit: whether the test says itself that it uses the database (marker or fixture), rather
            than merely reaching it through the application.
        must_query: whether a test without SQL fails.
        keep: whether its data is kept though it passes.
        n_plus_one: what an N+1 does: ``error``, ``warn`` or ``off``.
        blocking: what a blocking call in the event loop does.
    """

    __test__ = False

    name: str
    isolation: str
    explicit: bool = False
    must_query: bool = False
    keep: bool = False
    n_plus_one: str = "off"
    blocking: str = "off"
    started: float = field(default_factory=time.perf_counter)
    queries: QueryLog = field(default_factory=QueryLog)
    statements: int = 0
    sql_seconds: float = 0.0
    isolation_seconds: float = 0.0
    touched: bool = False
    failed: bool = False
    skipped: bool = False
    baseline: WorkBaseline | None = None
    unfinished_work: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    async_sessions: list[Any] = field(default_factory=list)

    @property
    def uses_database(self) -> bool:
        """Whether the database must be made clean after this test."""
        return self.explicit or self.touched
