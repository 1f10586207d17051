"""A report as annotations of GitHub Actions: workflow commands on standard output.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#setting-an-error-message
"""

from __future__ import annotations

from typing import Final

from greenshift.report.findings import Finding, Report, Severity
from greenshift.report.masked import masked
from greenshift.report.summary import summary_line

_COMMANDS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.ADVICE: "notice"}


def as_github(report: Report) -> str:
    """Return a report as one workflow command a finding, and a summary line.

    Args:
        report: the report.
    """
    report = masked(report)
    return "".join(f"{line}\n" for line in [*map(_annotation, report.findings), _data(summary_line(report))])


def _annotation(finding: Finding) -> str:
    place = finding.place
    given: dict[str, str | int] = {}
    if place.line:
        given = {"file": place.file, "line": place.line, "col": place.column}
        if place.end_line:
            given["endLine"] = place.end_line
            if place.end_line == place.line and place.end_column > place.column:
                # GitHub's last column is inclusive.
                given["endColumn"] = place.end_column - 1
    given["title"] = f"greenshift {finding.rule}"
    properties = ",".join(f"{name}={_property(str(value))}" for name, value in given.items() if value)
    message = finding.message if place.line else f"{place.file}: {finding.message}"
    text = f"{message}\nfix: {finding.fix}" if finding.fix else message
    return f"::{_COMMANDS[finding.severity]} {properties}::{_data(text)}"


# https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts: escapeData and escapeProperty.
def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
