"""A report without secrets: every output is made of one."""

from __future__ import annotations

from dataclasses import replace

from greenshift.masking import mask
from greenshift.report.findings import Edit, Finding, Place, Report, Suppressed, Table


def masked(report: Report) -> Report:
    """Return a report in whose texts passwords are masked.

    Edits that hold one are left out: what is shown of them could not be applied.

    Args:
        report: the report.
    """
    return replace(
        report,
        findings=tuple(masked_finding(finding) for finding in report.findings),
        suppressed=tuple(
            Suppressed(masked_finding(one.finding), one.by, mask(one.reason)) for one in report.suppressed
        ),
        tables=tuple(
            Table(mask(table.title), table.columns, tuple(tuple(mask(cell) for cell in row) for row in table.rows))
            for table in report.tables
        ),
        notes=tuple(mask(note) for note in report.notes),
    )


def masked_finding(finding: Finding) -> Finding:
    """Return a finding in whose texts passwords are masked.

    Args:
        finding: the finding.
    """
    return replace(
        finding,
        message=mask(finding.message),
        place=_place(finding.place),
        fix=mask(finding.fix),
        subject=mask(finding.subject),
        line_text=mask(finding.line_text),
        edits=_edits(finding.edits),
        related=tuple((_place(place), mask(what)) for place, what in finding.related),
    )


def _edits(edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
    return () if any(mask(edit.new) != edit.new for edit in edits) else edits


def _place(place: Place) -> Place:
    return replace(place, file=mask(place.file))
