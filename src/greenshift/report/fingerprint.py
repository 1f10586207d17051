"""What stays the same of a finding when lines move."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable

from greenshift.report.findings import Finding


def fingerprint(finding: Finding) -> str:
    """Return 32 hexadecimal digits that stay the same when the file's other lines change.

    They are made of the rule, the file and the finding's subject; of the line's text where it has no subject, and of
    the message where it has no line.

    Args:
        finding: the finding.
    """
    about = finding.subject or " ".join(finding.line_text.split()) or finding.message
    return hashlib.sha256("\0".join((finding.rule, finding.place.file, about)).encode()).hexdigest()[:32]


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
