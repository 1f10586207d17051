"""A report as SARIF 2.1.0, which code scanning of GitHub and others read.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html
"""

from __future__ import annotations

import json
from typing import Any, Final
from urllib.parse import quote

from greenshift import __version__
from greenshift.report.findings import Edit, Finding, Place, Report, RuleDescription, Severity, Suppressed
from greenshift.report.fingerprint import numbered_fingerprints
from greenshift.report.masked import masked

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.ADVICE: "note"}
# Where a file lies, below the folder that the reader knows as the source's.
_ROOT: Final = "%SRCROOT%"
_KINDS: Final = {"comment": "inSource", "baseline": "external"}


def as_sarif(report: Report) -> str:
    """Return a report as SARIF 2.1.0.

    Args:
        report: the report.
    """
    report = masked(report)
    indices = {rule.id: index for index, rule in enumerate(report.rules)}
    all_findings: list[tuple[Finding, Suppressed | None]] = [(finding, None) for finding in report.findings]
    all_findings += [(one.finding, one) for one in report.suppressed]
    prints = numbered_fingerprints(finding for finding, _ in all_findings)
    run = {
        "tool": {
            "driver": {
                "name": "greenshift",
                "semanticVersion": __version__,
                "rules": [_rule(rule) for rule in report.rules],
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The folder that was checked."}}},
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [{"level": "note", "message": {"text": note}} for note in report.notes],
            }
        ],
        "results": [
            _result(finding, indices, digest, by) for (finding, by), digest in zip(all_findings, prints, strict=True)
        ],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False)


def _rule(rule: RuleDescription) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "help": {
            "text": f"{rule.why}\n\nFix: {rule.fix}\n\nSource: {rule.source}",
            "markdown": f"{rule.why}\n\n**Fix:** {rule.fix}\n\n[Source]({rule.source})",
        },
        "helpUri": rule.source,
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _result(finding: Finding, indices: dict[str, int], digest: str, by: Suppressed | None) -> dict[str, Any]:
    text = f"{finding.message}. Fix: {finding.fix}" if finding.fix else finding.message
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": text},
        "locations": [_location(finding.place)],
        "partialFingerprints": {"greenshift/v1": digest},
    }
    if finding.rule in indices:
        result["ruleIndex"] = indices[finding.rule]
    if finding.related:
        result["relatedLocations"] = [
            {"id": number, "message": {"text": what}, **_location(place)}
            for number, (place, what) in enumerate(finding.related)
        ]
    if finding.edits:
        result["fixes"] = [
            {"description": {"text": finding.fix or finding.message}, "artifactChanges": _changes(finding)}
        ]
    if by is not None:
        suppression = {"kind": _KINDS[by.by], "status": "accepted"}
        result["suppressions"] = [suppression | ({"justification": by.reason} if by.reason else {})]
    return result


def _changes(finding: Finding) -> list[dict[str, Any]]:
    files: dict[str, list[Edit]] = {}
    for edit in finding.edits:
        files.setdefault(edit.place.file, []).append(edit)
    return [
        {
            "artifactLocation": _artifact(file),
            "replacements": [
                {"deletedRegion": _region(edit.place), "insertedContent": {"text": edit.new}} for edit in edits
            ],
        }
        for file, edits in files.items()
    ]


def _location(place: Place) -> dict[str, Any]:
    if not place.line:
        return {"logicalLocations": [{"fullyQualifiedName": place.file}]}
    return {"physicalLocation": {"artifactLocation": _artifact(place.file), "region": _region(place)}}


def _artifact(file: str) -> dict[str, Any]:
    return {"uri": quote(file), "uriBaseId": _ROOT}


def _region(place: Place) -> dict[str, int]:
    region = {"startLine": place.line, "startColumn": max(place.column, 1)}
    if place.end_line:
        region |= {"endLine": place.end_line, "endColumn": max(place.end_column, 1)}
    return region
