"""The last line of a report."""

from __future__ import annotations

from collections import Counter

from greenshift.report.findings import Report, Severity
from greenshift.wording import counted

_NOUNS = {
    Severity.ERROR: ("error", "errors"),
    Severity.WARNING: ("warning", "warnings"),
    Severity.ADVICE: ("piece of advice", "pieces of advice"),
}


def summary_line(report: Report) -> str:
    """Return how many findings there are, in what, and how many were left out.

    Args:
        report: the report.
    """
    counts = Counter(finding.severity for finding in report.findings)
    found = ", ".join(
        f"{counts[severity]} {_NOUNS[severity][counts[severity] != 1]}" for severity in sorted(counts, reverse=True)
    )
    parts = [found or "no findings"]
    fixable = sum(bool(finding.edits) for finding in report.findings)
    if fixable:
        parts.append(f"{fixable} of them mended by --fix")
    by = Counter(one.by for one in report.suppressed)
    if by["baseline"]:
        parts.append(f"{by['baseline']} left out by the baseline")
    if by["comment"]:
        parts.append(f"{by['comment']} left out by comments")
    looked_at = _looked_at(report)
    return "; ".join(parts) + (f" ({looked_at})" if looked_at else "")


def _looked_at(report: Report) -> str:
    nouns = (
        ("files", "file", "files"),
        ("engines", "engine", "engines"),
        ("session_factories", "session factory", "session factories"),
    )
    shown = []
    for key, noun, plural in nouns:
        count = report.summary.get(key)
        if isinstance(count, int):
            shown.append(counted(count, noun, plural))
    if report.rules:
        shown.append(counted(len(report.rules), "rule"))
    return ", ".join(shown)
