from __future__ import annotations

import json

import pytest

from greenshift.testing.record import TestRecord
from greenshift.testing.report import Report, percentile


class Terminal:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def write_sep(self, sep: str, title: str, **markup: bool) -> None:
        self.lines.append(title)

    def write_line(self, line: str, **markup: bool) -> None:
        self.lines.append(line)


def record(name: str, sql_seconds: float, isolation_seconds: float = 0.001) -> TestRecord:
    return TestRecord(name, "rewind", statements=3, sql_seconds=sql_seconds, isolation_seconds=isolation_seconds)


def test_the_slowest_five_by_sql_time() -> None:
    report = Report(server="PostgreSQL 18 (embedded)", server_seconds=0.4, template_seconds=0.25)
    for number in range(8):
        report.add(record(f"test_{number}", number / 1000, isolation_seconds=number / 10_000))
    terminal = Terminal()
    report.write(terminal, full=True)
    assert terminal.lines[:5] == [
        "greenshift",
        "server: PostgreSQL 18 (embedded), started in 0.40 s",
        "template: built in 0.25 s",
        "database tests: 8",
        "isolation: median 0.35 ms, p95 0.70 ms a test",
    ]
    assert [line.split()[-1] for line in terminal.lines[-5:]] == ["test_7", "test_6", "test_5", "test_4", "test_3"]


def test_workers_are_merged_through_plain_data() -> None:
    whole = Report()
    for worker in range(2):
        report = Report(server="PostgreSQL 18 (url)", template_seconds=0.1 if worker == 0 else None, notices=["note"])
        report.add(record(f"test_{worker}", 0.001))
        report.kept.append(f"psql {worker}")
        whole.merge(json.loads(json.dumps(report.as_data())))
    assert [test.name for test in whole.tests] == ["test_0", "test_1"]
    assert whole.template_seconds == 0.1
    assert whole.kept == ["psql 0", "psql 1"]
    assert whole.notices == ["note"]


def test_only_what_must_be_seen_unless_asked() -> None:
    report = Report(server="PostgreSQL 18 (embedded)")
    report.add(record("test_one", 0.001))
    terminal = Terminal()
    report.write(terminal, full=False)
    assert terminal.lines == []
    report.notices.append("data on disk")
    report.write(terminal, full=False)
    assert terminal.lines == ["greenshift", "note: data on disk"]


@pytest.mark.parametrize(("percent", "value"), [(50, 5), (95, 10), (100, 10), (1, 1)])
def test_percentile(percent: int, value: int) -> None:
    assert percentile([float(number) for number in range(10, 0, -1)], percent) == value
