"""Files of findings named from another folder: from the working directory above a project."""

from __future__ import annotations

from dataclasses import replace

from greenshift.report.findings import Edit, Finding, Place


def below(finding: Finding, folder: str) -> Finding:
    """Return a finding whose files are named from further above.

    Args:
        finding: the finding.
        folder: the way down to the folder from which its files are named now; empty for none.
    """
    if not folder:
        return finding
    return replace(
        finding,
        place=_below(finding.place, folder),
        edits=tuple(Edit(_below(edit.place, folder), edit.new) for edit in finding.edits),
        related=tuple((_below(place, folder), what) for place, what in finding.related),
    )


def _below(place: Place, folder: str) -> Place:
    return replace(place, file=f"{folder}/{place.file}") if place.line else place
