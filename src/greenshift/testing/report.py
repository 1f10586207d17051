"""``--db-report``: what isolation cost and which tests spent longest in SQL."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from greenshift.testing.record import TestRecord

_SLOWEST = 5


class TerminalWriter(Protocol):
    """The part of pytest's terminal reporter that the report needs."""

    def write_sep(self, sep: str, title: str, **markup: bool) -> None:
        """Write a line with a title."""

    def write_line(self, line: str, **markup: bool) -> None:
        """Write a line."""


@dataclass(frozen=True)
class TestCost:
    """What one database test cost, in seconds."""

    __test__ = False

    name: str
    statements: int
    sql_seconds: float
    isolation_seconds: float


@dataclass
class Report:
    """The figures of one process, or of all workers once merged.

    Args:
        server: the provider and version of the server.
        server_seconds: how long it took to start.
        template_seconds: how long the template took to build; None where a finished one was found.
        tests: the cost of each database test.
        recloned: how many tests had their database cloned anew, rather than rewound, and why.
        kept: the commands that open kept databases.
        notices: what the user should know about the server.
    """

    server: str = ""
    server_seconds: float = 0.0
    template_seconds: float | None = None
    tests: list[TestCost] = field(default_factory=list)
    recloned: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    def add(self, test: TestRecord) -> None:
        """Add a finished database test."""
        self.tests.append(TestCost(test.name, test.statements, test.sql_seconds, test.isolation_seconds))

    def as_data(self) -> dict[str, Any]:
        """Return plain data, for a worker to send to the controller."""
        return asdict(self)

    def merge(self, data: dict[str, Any]) -> None:
        """Add the figures of a worker."""
        self.server = self.server or data["server"]
        self.server_seconds = max(self.server_seconds, data["server_seconds"])
        if data["template_seconds"] is not None:
            self.template_seconds = max(self.template_seconds or 0.0, data["template_seconds"])
        self.tests.extend(TestCost(**test) for test in data["tests"])
        self.recloned.extend(data["recloned"])
        self.kept.extend(data["kept"])
        self.notices.extend(notice for notice in data["notices"] if notice not in self.notices)

    def write(self, terminal: TerminalWriter, *, full: bool) -> None:
        """Print what must be seen in any case, and everything when asked (``--db-report``)."""
        if not (full or self.kept or self.notices):
            return
        terminal.write_sep("=", "greenshift")
        for notice in self.notices:
            terminal.write_line(f"note: {notice}")
        if full:
            for line in self._lines():
                terminal.write_line(line)
        for command in self.kept:
            terminal.write_line(f"kept database: {command}")

    def _lines(self) -> list[str]:
        template = "found ready" if self.template_seconds is None else f"built in {self.template_seconds:.2f} s"
        started = f", started in {self.server_seconds:.2f} s" if self.server_seconds else ""
        lines = [
            f"server: {self.server}{started}",
            f"template: {template}",
            f"database tests: {len(self.tests)}",
        ]
        if self.tests:
            costs = [test.isolation_seconds * 1000 for test in self.tests]
            lines.append(
                f"isolation: median {statistics.median(costs):.2f} ms, p95 {percentile(costs, 95):.2f} ms a test"
            )
            lines.append(f"recloned: {len(self.recloned)}")
            lines.extend(f"  {reason}" for reason in self.recloned[:_SLOWEST])
            lines.append("slowest by SQL time:")
            slowest = sorted(self.tests, key=lambda test: test.sql_seconds, reverse=True)[:_SLOWEST]
            lines.extend(
                f"  {test.sql_seconds * 1000:8.2f} ms  {test.statements:4d} statements  {test.name}" for test in slowest
            )
        return lines


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the nearest-rank percentile of some values, at least one."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-len(ordered) * percent // 100) - 1))]
