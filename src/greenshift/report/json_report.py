"""A report as JSON, in a shape that stays: keys are added, never renamed; ``version`` tells when one had to be."""

from __future__ import annotations

import json
from typing import Any, Final

from greenshift import __version__
from greenshift.report.findings import Finding, Place, Report
from greenshift.report.fingerprint import numbered_fingerprints
from greenshift.report.masked import masked

VERSION: Final = 1


def as_json(report: Report) -> str:
    """Return a report as JSON.

    Args:
        report: the report.
    """
    report = masked(report)
    prints = iter(numbered_fingerprints([*report.findings, *(one.finding for one in report.suppressed)]))
    return json.dumps(
        {
            "version": VERSION,
            "tool": {"name": "greenshift", "version": __version__},
            "findings": [_finding(finding, next(prints)) for finding in report.findings],
            "suppressed": [
                {**_finding(one.finding, next(prints)), "suppressed_by": one.by, "reason": one.reason}
                for one in report.suppressed
            ],
            "rules": [
                {
                    "id": rule.id,
                    "title": rule.title,
                    "severity": str(rule.severity),
                    "why": rule.why,
                    "source": rule.source,
                    "fix": rule.fix,
                }
                for rule in report.rules
            ],
            "tables": [
                {"title": table.title, "columns": list(table.columns), "rows": [list(row) for row in table.rows]}
                for table in report.tables
            ],
            "notes": list(report.notes),
            "summary": report.summary,
        },
        indent=2,
        ensure_ascii=False,
    )


def _finding(finding: Finding, digest: str) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": str(finding.severity),
        "message": finding.message,
        "fix": finding.fix,
        "subject": finding.subject,
        **_place(finding.place),
        "line_text": finding.line_text,
        "fingerprint": digest,
        "edits": [{**_place(edit.place), "new": edit.new} for edit in finding.edits],
        "related": [{**_place(place), "what": what} for place, what in finding.related],
    }


def _place(place: Place) -> dict[str, Any]:
    return {
        "file": place.file,
        "line": place.line or None,
        "column": place.column or None,
        "end_line": place.end_line or None,
        "end_column": place.end_column or None,
    }
