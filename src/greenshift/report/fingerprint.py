"""What stays the same of a finding when lines move."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable

from greenshift.masking import mask
from greenshift.report.findings import Finding


def identity(finding: Finding) -> str:
    """Return what a finding is about, in words that stay the same when the file's other lines change; no secret in it.

    That is its subject; its line's text where it has no subject, and its message where it has no line.

    Args:
        finding: the finding.
    """
    return mask(finding.subject or " ".join(finding.line_text.split()) or finding.message)


def fingerprint(finding: Finding) -> str:
    """Return 32 hexadecimal digits of the rule, the file and what a finding is about.

    Args:
        finding: the finding.
    """
    return hashlib.sha256("\0".join((finding.rule, finding.place.file, identity(finding))).encode()).hexdigest()[:32]


def numbered_fingerprints(findings: Iterable[Finding]) -> list[str]:
    """Return a fingerprint for each finding, equal ones numbered so that each is its own.

    Args:
        findings: the findings, in a stable order.
    """
    seen: Counter[str] = Counter()
    numbered = []
    for finding in findings:
        digest = fingerprint(finding)
        seen[digest] += 1
        numbered.append(f"{digest}:{seen[digest]}")
    return numbered
