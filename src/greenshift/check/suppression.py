"""Findings that a comment in the source says to ignore."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache

from greenshift.ignore_comments import IgnoreComment, ignore_comments
from greenshift.report.findings import Finding, Suppressed


def without_ignored(
    findings: Iterable[Finding], text_of: Callable[[str], str | None]
) -> tuple[list[Finding], list[Suppressed]]:
    """Part findings from those that a comment says to ignore.

    Args:
        findings: the findings.
        text_of: a file's text, by its path; None for what is no file.

    Returns:
        The findings that stay, and those that are ignored.
    """

    @cache
    def comments(file: str) -> tuple[IgnoreComment, ...]:
        text = text_of(file)
        return () if text is None else ignore_comments(text, python=file.endswith((".py", ".pyi")))

    stay: list[Finding] = []
    ignored: list[Suppressed] = []
    for finding in findings:
        line = finding.place.line
        said = [one for one in comments(finding.place.file) if one.covers(line, finding.rule)] if line else []
        if said:
            ignored.append(Suppressed(finding, "comment", next((one.reason for one in said if one.reason), "")))
        else:
            stay.append(finding)
    return stay, ignored
