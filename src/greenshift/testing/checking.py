"""``pytest --db-check``: what ``greenshift check`` finds in the project's source fails the run, once in a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pytest

from greenshift.masking import mask
from greenshift.testing.workers import is_worker

if TYPE_CHECKING:
    from greenshift.report.findings import Finding, Report

_REPORT: Final = pytest.StashKey["Report"]()


def is_wanted(config: pytest.Config) -> bool:
    """Return whether this process checks: the only one, or the one that starts the workers.

    Args:
        config: the run's configuration.
    """
    return bool(config.getoption("--db-check")) and not config.option.collectonly and not is_worker()


def check_source(session: pytest.Session) -> None:
    """Check the project's source; nothing of it is imported.

    Args:
        session: the run.

    Raises:
        GreenshiftError: the configuration or the baseline cannot be used.
    """
    from greenshift.check.api import run_check
    from greenshift.check.wanted import Wanted

    report = run_check(Wanted(directory=session.config.rootpath)).report
    session.config.stash[_REPORT] = report
    # The bar of progress counts them, and a run of no tests fails of them all the same.
    session.testscollected += len(report.findings)


def report_findings(session: pytest.Session) -> None:
    """Report each finding as a test that failed.

    It is no item that is collected: all workers of pytest-xdist must collect the same, and each would have to check.

    Args:
        session: the run.
    """
    report = session.config.stash.get(_REPORT, None)
    for one in () if report is None else _reports(report):
        session.config.hook.pytest_runtest_logreport(report=one)


def write_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Show the findings, and what was checked.

    Args:
        terminalreporter: pytest's.
        config: the run's configuration.
    """
    report = config.stash.get(_REPORT, None)
    if report is None:
        return
    from greenshift.report.text import as_text

    terminalreporter.section("greenshift check")
    # What mends a finding is mended by the command, not here.
    shown = replace(report, findings=tuple(replace(finding, edits=()) for finding in report.findings))
    for line in as_text(shown).splitlines():
        terminalreporter.write_line(line)


def _reports(report: Report) -> Iterator[pytest.TestReport]:
    seen: Counter[str] = Counter()
    for finding in report.findings:
        name = f"{finding.rule} {mask(finding.place.file)}"
        seen[name] += 1
        number = f" [{seen[name]}]" if seen[name] > 1 else ""
        yield pytest.TestReport(
            nodeid=f"greenshift check::{name}{number}",
            location=(finding.place.file, max(finding.place.line - 1, 0), f"{name}{number}"),
            keywords={},
            outcome="failed",
            longrepr=_words(finding),
            when="call",
        )


def _words(finding: Finding) -> str:
    return mask(f"{finding.place}: {finding.severity}: {finding.message}\nfix: {finding.fix}")
